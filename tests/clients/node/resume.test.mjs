/** The npm package `eventsource`, as anybody would use it: it reads, and comes back by itself across a restart. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { EventSource } from "eventsource";

const { BASE_URL, TOKEN, SERVER_DIR } = process.env;
if (!BASE_URL || !TOKEN || !SERVER_DIR) throw new Error("BASE_URL, TOKEN and SERVER_DIR must name a running server");

const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
const server = new URL("../server", import.meta.url).pathname;

async function post(path, body) {
  const response = await fetch(`${BASE_URL}/v1${path}`, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

async function event(slug) {
  await post("/events", { title: slug, slug, kind: "session", scheduled_at: new Date().toISOString() });
  await post(`/events/${slug}/start`);
  return slug;
}

const say = (slug, text) => post(`/events/${slug}/messages`, { text });

/** Everything the stream says from now on, and a way to wait for it. */
function listen(source) {
  const heard = { types: [], texts: [], seqs: [], opened: 0 };
  const waiting = new Set();
  const told = () => waiting.forEach((look) => look());
  source.addEventListener("open", () => (heard.opened += 1, told()));
  for (const type of ["stream.ready", "stream.snapshot", "stream.resumed", "stream.reset", "stream.bye", "message.created"]) {
    source.addEventListener(type, (message) => {
      const frame = JSON.parse(message.data);
      assert.equal(frame.type, type);
      heard.types.push(type);
      if (type === "message.created") {
        heard.texts.push(frame.data.message.text);
        heard.seqs.push(frame.seq);
        assert.match(message.lastEventId, new RegExp(`^\\d+-${frame.seq}`));
      }
      told();
    });
  }
  heard.until = (check, what) => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`waited in vain for ${what}: ${JSON.stringify(heard)}`)), 20_000);
    const look = () => {
      if (!check()) return;
      clearTimeout(late);
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
  return heard;
}

test("it resumes by itself across a restart, without losing or doubling", async () => {
  const slug = await event("eventsource-restart");
  const source = new EventSource(`${BASE_URL}/v1/events/${slug}/stream`);
  try {
    const heard = listen(source);
    await heard.until(() => heard.types.includes("stream.snapshot"), "the snapshot");
    const said = [];
    const speak = async (text) => said.push((await say(slug, text), text));
    await speak("one");
    await speak("two");
    await heard.until(() => heard.texts.length === 2, "what was said before");
    await promisify(execFile)(server, ["restart", SERVER_DIR]);
    await speak("three");
    await heard.until(() => heard.opened === 2 && heard.texts.length === 3, "the way back");
    await speak("four");
    await heard.until(() => heard.texts.length === 4, "what was said after");
    assert.deepEqual(heard.texts, said);
    assert.deepEqual(heard.seqs, [0, 1, 2, 3].map((step) => heard.seqs[0] + step));
    assert.equal(heard.types.filter((type) => type === "stream.snapshot").length, 1, "came back by its id, not afresh");
    assert.ok(heard.types.includes("stream.bye") && heard.types.includes("stream.resumed"));
    assert.ok(!heard.types.includes("stream.reset"));
  } finally {
    source.close();
  }
});

test("a ticket opens it as somebody", async () => {
  const slug = await event("eventsource-ticket");
  const { ticket } = await post(`/events/${slug}/stream-tickets`);
  const source = new EventSource(`${BASE_URL}/v1/events/${slug}/stream?ticket=${ticket}`);
  try {
    const user = new Promise((resolve, reject) => {
      source.addEventListener("stream.ready", (message) => resolve(JSON.parse(message.data).data.user));
      source.addEventListener("error", (error) => reject(new Error(error.message)));
    });
    assert.equal((await user).id, "admin");
  } finally {
    source.close();
  }
});
