/**
 * What every end-to-end test needs: a browser, people in it, and the server they talk to. The server is not
 * started here; `GRANDSTAND_URL` says where it is. A test whose server is missing fails, it never skips.
 */
import { chromium } from "playwright-core";
import { exec } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const BASE = process.env.GRANDSTAND_URL?.replace(/\/$/, "");
export const RESTART = process.env.GRANDSTAND_RESTART_CMD;
const TOKEN = process.env.GRANDSTAND_TOKEN;
const SHOTS = process.env.GRANDSTAND_SCREENSHOTS ?? fileURLToPath(new URL("screenshots", import.meta.url));

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export class World {
  #browser;
  #contexts = [];

  /** In this event, or else in the one all tests share. */
  static async open(slug) {
    if (!BASE) throw new Error("GRANDSTAND_URL must name a running server, such as http://127.0.0.1:8080");
    const world = new World();
    world.#browser = await chromium.launch({
      executablePath: process.env.GRANDSTAND_CHROMIUM ?? "/usr/bin/chromium",
      args: FLAGS,
    });
    world.slug = slug ?? process.env.GRANDSTAND_EVENT ?? (await firstLiveEvent());
    return world;
  }

  /** A browser of its own for each person: nothing is shared but the server. */
  async person(options = {}) {
    const context = await this.#browser.newContext({ viewport: DESKTOP, ...options });
    context.setDefaultTimeout(15_000);
    this.#contexts.push(context);
    const page = await context.newPage();
    return page;
  }

  async inRoom(name, options) {
    const page = await this.person(options);
    await page.goto(`${BASE}/e/${this.slug}`);
    await live(page);
    if (name) await signIn(page, name);
    return page;
  }

  /** Somebody with a role everywhere, by the session cookie that a host's own site would set. */
  async staffInRoom(options) {
    if (!TOKEN) throw new Error("GRANDSTAND_TOKEN must be the token of an admin");
    const page = await this.person(options);
    await page.goto(`${BASE}/`);
    const status = await page.evaluate(
      async (token) => (await fetch("/v1/auth/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } })).status,
      TOKEN,
    );
    if (status >= 300) throw new Error(`the session was refused: ${status}`);
    await page.goto(`${BASE}/e/${this.slug}`);
    await live(page);
    await page.getByTestId("me").waitFor();
    return page;
  }

  async close() {
    for (const context of this.#contexts) await context.close();
    await this.#browser.close();
  }
}

async function firstLiveEvent() {
  const response = await fetch(`${BASE}/v1/events?status=live&limit=1`);
  const slug = (await response.json()).items?.[0]?.slug;
  if (!slug) throw new Error("the server has no live event; GRANDSTAND_EVENT may name another");
  return slug;
}

export async function live(page) {
  await page.locator('[data-testid=connection][data-status="live"]').waitFor({ state: "attached" });
}

export async function signIn(page, name) {
  await page.getByTestId("sign-in").click();
  await page.getByTestId("guest-name").fill(name);
  await page.getByTestId("guest-join").click();
  await page.getByTestId("composer").waitFor();
  await live(page);
}

/** Who is signed in there. */
export async function idOf(page) {
  return page.evaluate(async () => (await (await fetch("/v1/me")).json()).user.id);
}

export async function say(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
}

/** The row of the message with this text, once the stream has brought it. */
export function messageOf(page, text) {
  // Looked for in the text alone: a reply quotes what it answers.
  return page.getByTestId("message").filter({ has: page.getByTestId("text").filter({ hasText: text }) });
}

/**
 * Chooses what the row offers to whoever points at it. Like a person it points anew when the chat moves the row away
 * in between.
 */
export async function choose(row, testid) {
  await row.waitFor();
  await until(async () => {
    await row.hover({ timeout: 1_000 });
    await row.getByTestId(testid).click({ timeout: 1_000 });
    return true;
  });
}

/** A text nobody has said before, so that runs against the same event don't meet. */
export function unique(text) {
  return `${text} ${Date.now().toString(36)}${Math.floor(Math.random() * 1e4).toString(36)}`;
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Runs the restart command and waits until the server says that it is ready again. */
export async function restart() {
  await new Promise((resolve, reject) => {
    exec(RESTART, (error) => (error ? reject(error) : resolve()));
  });
  await until(async () => (await fetch(`${BASE}/health/ready`)).ok, 60_000);
}

export async function until(check, timeoutMs = 15_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      if (await check()) return;
    } catch {
      // Not yet.
    }
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many streams the server has open, by its own count. */
export async function streams() {
  const text = await (await fetch(`${BASE}/metrics`)).text();
  const lines = text.split("\n").filter((line) => /^grandstand_seats(\{| )/.test(line));
  if (lines.length === 0) throw new Error("the server does not count its streams");
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Asks the API as the admin. */
export async function asAdmin(method, path, body) {
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const response = await fetch(`${BASE}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

/** A live event of its own, for tests whose traces would be in the way of others. */
export async function ownEvent(title, more = {}) {
  const slug = unique(title.toLowerCase()).replaceAll(" ", "-");
  await asAdmin("POST", "/events", { title, slug, kind: "session", scheduled_at: new Date().toISOString(), ...more });
  await asAdmin("POST", `/events/${slug}/start`);
  return slug;
}

/** The same with two sides; their ids are nobody else's, so that they can be followed. */
export async function ownMatch(title) {
  const [home, away] = [unique("home"), unique("away")].map((name) => ({ id: name.replaceAll(" ", "-"), name }));
  const slug = await ownEvent(title, { kind: "football", participants: [home, away] });
  await report(slug, { type: "period_start", period: { number: 1 } });
  return { slug, home, away };
}

/** One more goal for a side. */
export function goal(slug, participant, more = {}) {
  return report(slug, { type: "goal", participant_id: participant.id, minute: 1, ...more });
}

/** Gives the id under which it was reported, by which it can be amended or retracted. */
export async function report(slug, update) {
  const source_id = crypto.randomUUID();
  await asAdmin("POST", `/events/${slug}/contest/updates`, { source: "e2e", updates: [{ source_id, ...update }] });
  return source_id;
}

/** A person without a browser, for writing while a page is away. */
export async function guest(name) {
  const response = await fetch(`${BASE}/v1/auth/guest`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  if (!response.ok) throw new Error(`guest sign-in answered ${response.status}`);
  const { token, user } = await response.json();
  return {
    id: user.id,
    async say(slug, text, more = {}) {
      const posted = await fetch(`${BASE}/v1/events/${slug}/messages`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: JSON.stringify({ text, client_id: crypto.randomUUID(), ...more }),
      });
      if (!posted.ok) throw new Error(`posting answered ${posted.status}`);
      return posted.json();
    },
  };
}
