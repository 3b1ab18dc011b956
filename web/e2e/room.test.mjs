/** Two people in one room: what one does, the other sees. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { choose, live, messageOf, restart, RESTART, say, shot, unique, until, World, PHONE } from "./world.mjs";

let world;
let ana;
let ben;

before(async () => {
  world = await World.open();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
});
after(() => world?.close());

test("a message reaches the other", async () => {
  const text = unique("hello from Ana");
  await say(ana, text);
  await messageOf(ben, text).waitFor();
  await messageOf(ana, text).waitFor();
  assert.equal(await messageOf(ana, text).count(), 1, "shown once to its author");
  assert.equal(await ana.getByTestId("outgoing").count(), 0, "nothing is left on its way");
});

test("a text is only ever text", async () => {
  const text = unique("<img src=x onerror=alert(1)> & <b>bold</b>");
  await say(ana, text);
  await messageOf(ben, text).waitFor();
  assert.equal(await messageOf(ben, text).locator("b:not(.author), img[src=x]").count(), 0);
});

test("a reaction reaches the other, and can be taken back", async () => {
  const text = unique("react to this");
  await say(ana, text);
  const atBen = messageOf(ben, text);
  await choose(atBen, "react");
  await ben.getByTestId("emoji-picker").getByRole("button", { name: "🔥" }).click();
  const atAna = messageOf(ana, text).locator('[data-testid=reaction][data-emoji="🔥"]');
  await atAna.waitFor();
  assert.equal(await atAna.getAttribute("aria-pressed"), "false", "Ben's reaction is not Ana's");
  const mine = atBen.locator('[data-testid=reaction][data-emoji="🔥"]');
  assert.equal(await mine.getAttribute("aria-pressed"), "true");
  await mine.click();
  await atAna.waitFor({ state: "detached" });
});

test("a reply shows what it answers, and leads there", async () => {
  const text = unique("the question");
  const answer = unique("the answer");
  await say(ana, text);
  const atBen = messageOf(ben, text);
  await choose(atBen, "reply");
  await ben.getByTestId("replying").waitFor();
  await say(ben, answer);
  const reply = messageOf(ana, answer);
  await reply.getByTestId("quote").getByText(text).waitFor();
  await messageOf(ana, text).getByText("1 reply").waitFor();
  await reply.getByTestId("quote").click();
  await until(() => messageOf(ana, text).evaluate((node) => node.parentElement === document.activeElement));
});

test("an edit and a deletion reach the other", async () => {
  const text = unique("with a tpyo");
  const better = unique("without a typo");
  await say(ana, text);
  const own = messageOf(ana, text);
  await choose(own, "edit");
  await ana.getByTestId("edit-text").fill(better);
  await ana.getByTestId("edit-save").click();
  const atBen = ben.getByTestId("message").filter({ hasText: better });
  await atBen.getByText("(edited)").waitFor();
  const id = await atBen.getAttribute("data-id");
  const edited = ana.getByTestId("message").filter({ hasText: better });
  await choose(edited, "delete");
  await edited.getByTestId("delete-sure").click();
  await ben.locator(`[data-testid=message][data-id="${id}"]`).getByText("Message deleted").waitFor();
});

test("a name is completed by key, and the message says it", async () => {
  const field = ana.getByTestId("composer");
  await field.fill("");
  await field.pressSequentially("well done @be");
  await ana.getByTestId("names").getByText("Ben", { exact: true }).first().waitFor();
  await shot(ana, "naming-desktop");
  await field.press("Enter");
  assert.equal(await field.inputValue(), "well done @Ben ");
  const text = unique("indeed");
  await field.pressSequentially(text);
  await field.press("Enter");
  await messageOf(ben, text).getByText("well done @Ben").waitFor();
});

test("they see each other in the stand", async () => {
  await ana.getByTestId("people").getByText("Ben", { exact: true }).first().waitFor({ timeout: 30_000 });
  await ben.getByTestId("people").getByText("Ana", { exact: true }).first().waitFor({ timeout: 30_000 });
});

test("applause is counted for everybody", async () => {
  const count = async (page) => {
    const label = await page.getByTestId("applause-like").getAttribute("aria-label");
    return Number(label.match(/(\d+) so far/)[1]);
  };
  const before = await count(ben);
  await ana.getByTestId("applause-like").click();
  await until(async () => (await count(ben)) > before);
});

test("a reload keeps you signed in", async () => {
  await ben.reload();
  await live(ben);
  await ben.getByTestId("me").waitFor();
  await ben.getByTestId("composer").waitFor();
});

test("the keyboard alone gets around", async () => {
  await say(ana, unique("first for the keyboard"));
  const last = unique("last for the keyboard");
  await say(ana, last);
  await messageOf(ana, last).waitFor();
  await ana.getByTestId("messages").focus();
  const focused = () => ana.evaluate(() => document.activeElement?.getAttribute("data-key"));
  await ana.keyboard.press("End");
  const end = await focused();
  assert.ok(end, "End focuses the last message");
  await ana.keyboard.press("ArrowUp");
  const above = await focused();
  assert.notEqual(above, end);
  await ana.keyboard.press("ArrowDown");
  assert.equal(await focused(), end);
  await ana.keyboard.press("Tab");
  assert.ok(await ana.evaluate(() => document.activeElement?.closest("[data-key]") !== null), "Tab goes into the message");
});

test("a restart of the server loses nothing and reloads no page", { skip: !RESTART && "no GRANDSTAND_RESTART_CMD" }, async () => {
  for (const page of [ana, ben]) await page.evaluate(() => (window.notReloaded = true));
  const earlier = unique("before the restart");
  await say(ana, earlier);
  await messageOf(ben, earlier).waitFor();
  const down = restart();
  const during = unique("while it restarts");
  await say(ana, during);
  await down;
  const later = unique("after the restart");
  await say(ben, later);
  for (const page of [ana, ben]) {
    for (const text of [earlier, during, later]) {
      await messageOf(page, text).waitFor({ timeout: 60_000 });
      assert.equal(await messageOf(page, text).count(), 1, `${text}: exactly once`);
    }
    await live(page);
    assert.equal(await page.evaluate(() => window.notReloaded), true, "the page was not reloaded");
  }
});

test("on a phone there is one column, and the same room", async () => {
  const phone = await world.inRoom("Chloé", { viewport: PHONE, isMobile: true, hasTouch: true });
  const text = unique("from the tram");
  await say(phone, text);
  await messageOf(ana, text).waitFor();
  const sideways = await phone.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(sideways, false, "nothing sticks out sideways");
  for (const tab of ["Timeline", "People", "Chat"]) await phone.getByRole("tab", { name: tab }).click();
  await shot(phone, "room-phone");
  await shot(ana, "room-desktop");
});
