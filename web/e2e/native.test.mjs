/** The browser's own EventSource, with nothing of ours around it: a ticket opens it, a cookie lets it come back. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { guest, restart, RESTART, unique, until, World } from "./world.mjs";

let world;
before(async () => {
  world = await World.open();
});
after(() => world?.close());

test("a ticket opens it, and it resumes by itself without losing or doubling", async () => {
  const page = await world.inRoom("Dana");
  const writer = await guest("Eve");
  await page.evaluate(async (slug) => {
    const answer = await fetch(`/v1/events/${slug}/stream-tickets`, { method: "POST" });
    if (answer.status !== 201) throw new Error(`no ticket: ${answer.status}`);
    const { ticket } = await answer.json();
    const heard = (window.heard = { opened: 0, errors: 0, texts: [], resumed: 0, user: undefined, head: undefined });
    const source = (window.source = new EventSource(`/v1/events/${slug}/stream?ticket=${encodeURIComponent(ticket)}`));
    source.addEventListener("open", () => (heard.opened += 1));
    source.addEventListener("error", () => (heard.errors += 1));
    source.addEventListener("stream.ready", (event) => (heard.user = JSON.parse(event.data).data.user?.name));
    source.addEventListener("stream.snapshot", (event) => (heard.head = event.lastEventId));
    source.addEventListener("stream.resumed", () => (heard.resumed += 1));
    source.addEventListener("message.created", (event) => heard.texts.push(JSON.parse(event.data).data.message.text));
  }, world.slug);
  const heard = () => page.evaluate(() => window.heard);
  await until(async () => (await heard()).head !== undefined);
  assert.equal((await heard()).user, "Dana", "the ticket carries who asked for it");

  const first = unique("before the break");
  await writer.say(world.slug, first);
  await until(async () => (await heard()).texts.includes(first));

  const between = unique("during the break");
  if (RESTART) {
    await restart();
    await writer.say(world.slug, between);
  } else {
    await page.context().setOffline(true);
    await until(async () => (await heard()).errors > 0);
    await writer.say(world.slug, between);
    await page.context().setOffline(false);
  }
  await until(async () => (await heard()).opened >= 2, 60_000);
  const last = unique("after the break");
  await writer.say(world.slug, last);
  await until(async () => (await heard()).texts.includes(last), 60_000);

  const { texts, resumed, user } = await heard();
  assert.deepEqual(texts.filter((text) => [first, between, last].includes(text)), [first, between, last]);
  assert.ok(resumed >= 1, "it came back by Last-Event-ID, not with a new snapshot");
  assert.equal(user, "Dana", "and as the same person");
  await page.evaluate(() => window.source.close());
});
