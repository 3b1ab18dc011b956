/** What is written while the network is away: it waits, outlives a reload, and is said once and in order. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BASE, live, messageOf, say, unique, until, World } from "./world.mjs";

let world;
let ana;
let ben;

before(async () => {
  world = await World.open();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
});
after(() => world?.close());

/** Nobody takes messages; everything else works, so that the page itself can be loaded again. */
async function refusePosts(page) {
  await page.context().route("**/v1/events/*/messages", (route) =>
    route.request().method() === "POST" ? route.abort("internetdisconnected") : route.fallback(),
  );
}

async function outgoing(page) {
  return page.getByTestId("outgoing").evaluateAll((rows) =>
    rows.map((row) => [row.querySelector("[data-testid=outgoing-text]").firstChild.textContent, row.dataset.state]),
  );
}

async function shownAtBen(texts) {
  for (const text of texts) await messageOf(ben, text).waitFor({ timeout: 40_000 });
  const shown = (await ben.getByTestId("text").allInnerTexts()).filter((text) => texts.includes(text));
  assert.deepEqual(shown, texts, "once each, in the order written");
}

test("it waits visibly, survives a reload, and goes out in order when the network is back", async () => {
  await refusePosts(ana);
  const texts = ["one", "two", "three"].map((word) => unique(word));
  for (const text of texts) await say(ana, text);
  await until(async () => (await outgoing(ana)).length === 3);
  await ana.reload();
  await live(ana);
  await until(async () => (await outgoing(ana)).length === 3);
  assert.deepEqual((await outgoing(ana)).map(([text]) => text), texts);
  await ana.context().unroute("**/v1/events/*/messages");
  await shownAtBen(texts);
  await until(async () => (await outgoing(ana)).length === 0);
});

test("two tabs show it as waiting, and whichever sends it, it is said once", async () => {
  await refusePosts(ana);
  const second = await ana.context().newPage();
  await second.goto(`${BASE}/e/${world.slug}`);
  await live(second);
  const texts = [unique("from the first tab"), unique("from the second tab")];
  await say(ana, texts[0]);
  await say(second, texts[1]);
  for (const page of [ana, second]) await until(async () => (await outgoing(page)).length === 2);
  await ana.context().unroute("**/v1/events/*/messages");
  await shownAtBen(texts);
  for (const page of [ana, second]) await until(async () => (await outgoing(page)).length === 0);
  await second.close();
});

test("a tab that dies while sending leaves it to the others", async () => {
  const text = unique("from a dying tab");
  const dying = await ana.context().newPage();
  await dying.goto(`${BASE}/e/${world.slug}`);
  await live(dying);
  await refusePosts(ana);
  await say(dying, text);
  await until(async () => (await outgoing(ana)).length === 1);
  await dying.close();
  await ana.context().unroute("**/v1/events/*/messages");
  await shownAtBen([text]);
});

test("what waits can be taken back", async () => {
  await refusePosts(ana);
  const text = unique("better not");
  await say(ana, text);
  await ana.getByTestId("outgoing").filter({ hasText: text }).getByTestId("unsay").click();
  await until(async () => (await outgoing(ana)).length === 0);
  await ana.context().unroute("**/v1/events/*/messages");
  await ana.reload();
  await live(ana);
  assert.equal((await outgoing(ana)).length, 0);
  assert.equal(await messageOf(ben, text).count(), 0);
});

test("who signs out leaves nothing behind for the next", async () => {
  await refusePosts(ana);
  await say(ana, unique("nobody else's business"));
  await until(async () => (await outgoing(ana)).length === 1);
  await ana.getByTestId("me").click();
  await ana.getByRole("button", { name: "Sign out" }).click();
  await ana.getByTestId("join-chat").waitFor();
  const left = await ana.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("grandstand.outbox")));
  assert.deepEqual(left, []);
});
