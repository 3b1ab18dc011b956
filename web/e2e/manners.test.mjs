/** A room that moderators tune while people are in it: what they set holds at once, and everybody is told. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { messageOf, ownEvent, PHONE, say, shot, unique, until, World } from "./world.mjs";

let world;
let mod;
let ana;
let ben;

before(async () => {
  world = await World.open();
  world.slug = await ownEvent("Manners");
  mod = await world.staffInRoom();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben", { viewport: PHONE, isMobile: true, hasTouch: true });
});
after(() => world?.close());

async function panel(action) {
  await mod.getByTestId("ask-room").click();
  await action();
  await mod.keyboard.press("Escape");
  await mod.getByTestId("room-panel").waitFor({ state: "detached" });
}

const banner = (page, text) => page.getByTestId("banners").getByText(text);

test("slow mode counts down in the field of who just spoke", async () => {
  await panel(async () => {
    await mod.getByTestId("slow-mode").selectOption("5");
    await banner(ana, "Slow mode").waitFor();
    await shot(mod, "room-panel-desktop");
  });
  await say(ana, unique("slowly"));
  await ana.getByTestId("slow").waitFor();
  assert.equal(await ana.getByTestId("send").isDisabled(), true);
  await ana.getByTestId("slow").waitFor({ state: "detached" });
  const next = unique("and again");
  await say(ana, next);
  await messageOf(ben, next).waitFor();
  await panel(() => mod.getByTestId("slow-mode").selectOption("0"));
  await banner(ana, "Slow mode").waitFor({ state: "detached" });
});

test("what cannot be set says why, and shows what holds", async () => {
  await panel(async () => {
    await mod.getByTestId("screening-mode").focus();
    await mod.getByTestId("screening-mode").selectOption("before");
    await mod.getByTestId("room-panel").getByText("No model is set up here").waitFor();
    const mode = mod.getByTestId("screening-mode");
    await until(async () => (await mode.inputValue()) === "off");
    assert.ok(await mode.evaluate((node) => node === document.activeElement), "it keeps the focus");
    await mode.scrollIntoViewIfNeeded();
    await shot(mod, "room-refused-desktop");
  });
});

test("what the room does not take is said under the message", async () => {
  await panel(() => mod.getByTestId("room-emoji_only").check());
  await banner(ben, "Emoji only").waitFor();
  const text = unique("words");
  await say(ana, text);
  const out = ana.getByTestId("outgoing").filter({ hasText: text });
  await out.getByText("Only emoji").waitFor();
  await out.getByTestId("unsay").click();
  await shot(ben, "banners-phone");
  await panel(() => mod.getByTestId("room-emoji_only").uncheck());
  await banner(ben, "Emoji only").waitFor({ state: "detached" });
});

test("a locked room is for staff, until it is unlocked", async () => {
  await panel(() => mod.getByTestId("room-locked").check());
  await ana.getByTestId("room-closed").getByText("locked").waitFor();
  const text = unique("we go on in a minute");
  await say(mod, text);
  await messageOf(ana, text).waitFor();
  await panel(() => mod.getByTestId("room-locked").uncheck());
  await ana.getByTestId("composer").waitFor();
});

test("held messages wait on the desk: one is released, one is turned down with a reason", async () => {
  await panel(() => mod.getByTestId("room-hold_messages").check());
  await banner(ana, "A moderator reads first").waitFor();
  const [good, bad] = [unique("fine words"), unique("bad words")];
  for (const text of [good, bad]) await say(ana, text);
  for (const text of [good, bad]) {
    await until(async () => (await ana.getByTestId("outgoing").filter({ hasText: text }).getAttribute("data-state")) === "held");
  }
  await ana.reload();
  for (const text of [good, bad]) await ana.getByTestId("outgoing").filter({ hasText: text }).waitFor();
  await mod.getByTestId("held-message").filter({ hasText: good }).getByTestId("release").click();
  await messageOf(ben, good).waitFor();
  await ana.getByTestId("outgoing").filter({ hasText: good }).waitFor({ state: "detached" });
  await mod.getByTestId("held-message").filter({ hasText: bad }).getByTestId("reject").click();
  await mod.getByTestId("why").fill("Mind your words");
  await mod.getByTestId("why-do").click();
  await ana.getByTestId("told").getByText("Mind your words").waitFor();
  await until(async () => (await ana.getByTestId("outgoing").filter({ hasText: bad }).getAttribute("data-state")) === "failed");
  assert.equal(await messageOf(ben, bad).count(), 0);
  await panel(() => mod.getByTestId("room-hold_messages").uncheck());
});
