/** Keeping order from the room: reports, hiding with a reason, appeals, timeouts, bans; and what those concerned see. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asAdmin, choose, idOf, live, messageOf, ownEvent, PHONE, say, shot, unique, until, World } from "./world.mjs";

let world;
let mod;
let ana;
let ben;

before(async () => {
  world = await World.open();
  world.slug = await ownEvent("Order");
  mod = await world.staffInRoom();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
});
after(() => world?.close());

function act(page, text, testid) {
  return choose(messageOf(page, text), testid);
}

test("what a viewer reports is on the moderators' desk", async () => {
  const text = unique("buy my tickets");
  await say(ana, text);
  await act(ben, text, "report");
  await ben.getByTestId("report-reason").selectOption("spam");
  await ben.getByTestId("report-send").click();
  await ben.getByTestId("reported").waitFor();
  await ben.keyboard.press("Escape");
  const reported = mod.getByTestId("reported-message").filter({ hasText: text });
  await reported.getByText("1 report: spam").waitFor();
  await shot(mod, "desk-desktop");
  await reported.getByRole("button", { name: "Hide" }).click();
  await mod.getByTestId("why").fill("Advertising");
  await mod.getByTestId("why-do").click();
  await messageOf(ben, text).waitFor({ state: "detached" });
  await reported.waitFor({ state: "detached" });
});

test("the author is told why, appeals, and the message comes back", async () => {
  await ana.getByTestId("told").getByText("Advertising").waitFor();
  await ana.getByTestId("appeal").click();
  await ana.getByTestId("why").fill("They were free");
  await ana.getByTestId("why-do").click();
  const appeal = mod.getByTestId("appeal-row").filter({ hasText: "They were free" });
  await appeal.getByTestId("overturn").click();
  await messageOf(ben, "buy my tickets").last().waitFor();
  await ana.getByTestId("told").getByText("can be seen again").waitFor();
});

test("a timeout holds somebody back, and says so", async () => {
  const text = unique("one insult");
  await say(ana, text);
  await act(mod, text, "sanction");
  await mod.getByTestId("sanction-timeout").check();
  await mod.getByTestId("sanction-time").selectOption({ label: "1 minute" });
  await mod.getByTestId("sanction-reason").fill("Calm down");
  await shot(mod, "sanction-desktop");
  await mod.getByTestId("sanction-give").click();
  await mod.getByTestId("sanction-form").waitFor({ state: "detached" });
  await messageOf(ben, text).waitFor({ state: "detached" });
  await ana.getByTestId("told").getByText("You may not write").waitFor();
  const tried = unique("but I");
  await say(ana, tried);
  await until(async () => (await ana.getByTestId("outgoing").filter({ hasText: tried }).getAttribute("data-state")) === "failed");
  await shot(ana, "timeout-desktop");
  assert.equal(await messageOf(ben, tried).count(), 0);
});

test("what is in force is lifted from the list, a raid is called out and ended, and the record says so", async () => {
  const cleo = await world.inRoom("Cleo");
  await asAdmin("POST", `/events/${world.slug}/sanctions`, { user_id: await idOf(cleo), kind: "mute", reason: "Shouting" });
  await cleo.getByTestId("told").waitFor();
  await mod.getByTestId("ask-order").click();
  const row = mod.getByTestId("sanctions").locator("li").filter({ hasText: "Shouting" });
  await row.getByTestId("lift").click();
  await row.waitFor({ state: "detached" });
  await cleo.getByTestId("told").getByText("You may write again.").waitFor();
  await mod.getByTestId("record").getByText("Lifted a sanction (mute)").first().waitFor();
  await mod.getByTestId("raid").check();
  await mod.getByTestId("record").getByText("Called out a raid").first().waitFor();
  await shot(mod, "order-desktop");
  await mod.getByTestId("raid").uncheck();
  await mod.getByTestId("record").getByText("Ended a raid").first().waitFor();
  await mod.keyboard.press("Escape");
  await cleo.context().close();
});

test("a ban ends the visit at once", async () => {
  const troll = await world.inRoom("Troll", { viewport: PHONE, isMobile: true, hasTouch: true });
  const text = unique("worse");
  await say(troll, text);
  await act(mod, text, "sanction");
  await mod.getByTestId("sanction-ban").check();
  await mod.getByTestId("sanction-reason").fill("Hate");
  await mod.getByTestId("sanction-give").click();
  await troll.getByTestId("banned").waitFor();
  await shot(troll, "banned-phone");
  await troll.reload();
  await troll.getByTestId("banned").waitFor();
  await messageOf(ben, text).waitFor({ state: "detached" });
});

test("a pin by staff is over the chat for everybody, and leads to its message", async () => {
  const text = unique("doors open at six");
  await say(mod, text);
  await act(mod, text, "pin");
  const pinned = ben.getByTestId("pinned").filter({ hasText: text });
  await pinned.waitFor();
  await pinned.locator(".go").click();
  await until(() => messageOf(ben, text).evaluate((node) => node.parentElement === document.activeElement));
  await act(mod, text, "pin");
  await pinned.waitFor({ state: "detached" });
  await live(ben);
});
