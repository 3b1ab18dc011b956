/**
 * A server of the test's own, beside the one all tests share: with a model behind it, and settings that would be in the way
 * of others. `world.mjs` is imported after it, and then means this one.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CHAT_MODEL, KEY, Model } from "./model.mjs";

const SCRIPT = fileURLToPath(new URL("../../tests/clients/server", import.meta.url));

/** `settings` are names of the server's own variables, without their prefix. */
export async function openHouse(settings = {}) {
  const binary = process.env.SERVER;
  if (!binary) throw new Error("SERVER must be the server's binary");
  const model = await Model.start();
  const dir = mkdtempSync(join(tmpdir(), "grandstand-house-"));
  const own = { LLM__BASE_URL: model.url, LLM__API_KEY: KEY, LLM__MODEL: CHAT_MODEL, ...settings };
  const env = { ...process.env };
  for (const [name, value] of Object.entries(own)) env[`GRANDSTAND_${name}`] = String(value);
  // Not synchronous: the model lives in this process, and has to answer meanwhile.
  const run = async (file, args) => (await promisify(execFile)(file, args, { env })).stdout.trim();
  const stop = () => run(SCRIPT, ["stop", dir]);
  try {
    process.env.GRANDSTAND_URL = await run(SCRIPT, ["start", dir]);
    const who = ["--user", "admin", "--name", "Admin", "--role", "admin", "--ttl", "6h"];
    // The server takes only variables of its own.
    for (const name of Object.keys(env)) if (/^GRANDSTAND_(URL|TOKEN|EVENT|TLS_|RESTART|SCREENSHOTS|CHROMIUM)/.test(name)) delete env[name];
    process.env.GRANDSTAND_TOKEN = await run(binary, ["--data-dir", join(dir, "data"), "token", ...who]);
  } catch (error) {
    await stop();
    await model.close();
    throw error;
  }
  return {
    model,
    async close() {
      await stop();
      await model.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
