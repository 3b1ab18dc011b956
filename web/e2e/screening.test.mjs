/** A model looks at messages first: what it thinks stands beside those that wait, and people decide. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openHouse } from "./house.mjs";

const house = await openHouse({ LLM__MODERATION: "endpoint" });
const { messageOf, ownEvent, PHONE, say, shot, unique, until, World } = await import("./world.mjs");

let world;
let host;
let ana;
let ben;

before(async () => {
  house.model.scores("numbskull", { harassment: 0.93, hate: 0.41 });
  house.model.scores("rubbish", { harassment: 0.88 });
  world = await World.open(await ownEvent("Screening"));
  host = await world.staffInRoom();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
});
after(async () => {
  await world?.close();
  await house.close();
});

test("a host has a model look at messages before they are shown", async () => {
  await host.getByTestId("ask-room").click();
  await host.getByTestId("screening-mode").selectOption("before");
  await host.getByTestId("screening-late").selectOption("keep");
  await until(async () => (await host.getByTestId("screening-late").inputValue()) === "keep");
  await host.getByTestId("screening-mode").scrollIntoViewIfNeeded();
  await shot(host, "screening-settings-desktop");
  await host.keyboard.press("Escape");
});

test("what the model has nothing against is shown", async () => {
  const text = unique("what a lovely evening");
  await say(ana, text);
  await messageOf(ben, text).waitFor();
});

test("what it has something against waits with its scores, and is shown once somebody lets it", async () => {
  const text = unique("you numbskull");
  await say(ana, text);
  const waiting = host.getByTestId("held-message").filter({ hasText: text });
  const verdict = waiting.getByTestId("verdict");
  await verdict.getByText("93 %").waitFor();
  const heaviest = verdict.getByTestId("verdict-score").first();
  assert.equal(await heaviest.getAttribute("data-category"), "harassment");
  assert.match(await verdict.textContent(), /omni-moderation/);
  assert.equal(await messageOf(ben, text).count(), 0);
  await shot(host, "screening-desk-desktop");
  await waiting.getByRole("button", { name: "Release: Ana" }).click();
  await messageOf(ben, text).waitFor();
  await waiting.waitFor({ state: "detached" });
});

test("turned down, it is seen by nobody, and the record keeps what the model thought", async () => {
  const text = unique("this is rubbish");
  await say(ana, text);
  const waiting = host.getByTestId("held-message").filter({ hasText: text });
  await waiting.getByTestId("verdict").waitFor();
  await waiting.getByRole("button", { name: "Turn down: Ana" }).click();
  await host.getByTestId("why").fill("Be kind");
  await host.getByTestId("why-do").click();
  await waiting.waitFor({ state: "detached" });
  await ana.getByTestId("told").getByText("Be kind").waitFor();
  assert.equal(await messageOf(ben, text).count(), 0);
  await host.getByTestId("ask-order").click();
  await host.getByTestId("record").getByTestId("verdict").first().waitFor();
  await shot(host, "screening-record-desktop");
  await host.keyboard.press("Escape");
});

test("the desk is the same on a phone, in both themes", async () => {
  const text = unique("numbskull again");
  await say(ana, text);
  await host.getByTestId("held-message").filter({ hasText: text }).getByTestId("verdict").waitFor();
  for (const colorScheme of ["dark", "light"]) {
    const phone = await world.staffInRoom({ viewport: PHONE, isMobile: true, hasTouch: true, colorScheme });
    await phone.getByRole("tab", { name: /Desk/ }).tap();
    await phone.getByTestId("held-message").filter({ hasText: text }).getByTestId("verdict").getByText("93 %").waitFor();
    await shot(phone, `screening-desk-phone-${colorScheme}`);
    await phone.context().close();
  }
});

test("the model's server had nothing to complain about", () => {
  assert.deepEqual(house.model.complaints, []);
});
