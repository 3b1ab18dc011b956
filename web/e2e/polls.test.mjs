/** A host asks the crowd; people vote, see the votes move, and see how it ended. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asAdmin, PHONE, shot, unique, until, World } from "./world.mjs";

let world;
let host;
let ana;
let ben;

before(async () => {
  world = await World.open();
  host = await world.staffInRoom();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben", { viewport: PHONE, isMobile: true, hasTouch: true });
});
after(() => world?.close());

const pollOf = (page, question) => page.getByTestId("poll").filter({ hasText: question });
const option = (page, question, text) => pollOf(page, question).getByTestId("poll-option").filter({ hasText: text });
const votes = (page, question) =>
  pollOf(page, question).getByTestId("votes").evaluateAll((counts) => counts.map((count) => Number(count.firstChild.textContent)));

async function open(question, answers, { several, secret, seconds = "0" } = {}) {
  await host.getByTestId("ask-poll").click();
  await host.getByTestId("poll-question").fill(question);
  for (const [at, text] of answers.entries()) await host.getByTestId("poll-answer").nth(at).fill(text);
  if (several) await host.getByTestId("poll-several").check();
  if (secret) await host.getByTestId("poll-secret").check();
  await host.getByTestId("poll-time").selectOption(seconds);
  await host.getByTestId("poll-open").click();
  await host.getByTestId("poll-form").waitFor({ state: "detached" });
}

test("a host opens one from the room; votes move before everybody's eyes, and may be changed", async () => {
  const question = unique("Who wins?");
  await open(question, ["Harbour", "Granite", "Neither"]);
  await option(ana, question, "Harbour").click();
  await option(ben, question, "Granite").tap();
  for (const page of [ana, ben, host]) await until(async () => (await votes(page, question)).join() === "1,1,0");
  assert.equal(await option(ana, question, "Harbour").getAttribute("aria-checked"), "true");
  assert.equal(await option(ben, question, "Harbour").getAttribute("aria-checked"), "false");
  await option(ana, question, "Granite").click();
  for (const page of [ana, ben, host]) await until(async () => (await votes(page, question)).join() === "0,2,0");
  await shot(ana, "poll-desktop");
  await shot(ben, "poll-phone");
  await ana.reload();
  await until(async () => (await option(ana, question, "Granite").getAttribute("aria-checked")) === "true");

  await pollOf(host, question).getByTestId("close-poll").click();
  for (const page of [ana, ben]) {
    await until(async () => (await pollOf(page, question).getAttribute("data-status")) === "closed");
    assert.equal(await option(page, question, "Neither").isDisabled(), true);
  }
});

test("a secret one shows its votes when it is over, and several answers may be given", async () => {
  const question = unique("Which songs?");
  await open(question, ["One", "Two", "Three"], { several: true, secret: true });
  for (const text of ["One", "Three"]) await option(ana, question, text).click();
  await pollOf(ana, question).getByTestId("vote").click();
  await pollOf(ben, question).getByTestId("voters").getByText("1 vote").waitFor();
  assert.deepEqual(await votes(ben, question), []);
  await pollOf(host, question).getByTestId("close-poll").click();
  await until(async () => (await votes(ben, question)).join() === "1,0,1");
});

test("one with a time closes by itself, for those who look as well", async () => {
  const question = unique("Quick?");
  await asAdmin("POST", `/events/${world.slug}/polls`, { question, options: ["Yes", "No"], open_for_seconds: 3 });
  await option(ana, question, "Yes").click();
  await until(async () => (await pollOf(ana, question).getAttribute("data-status")) === "closed");
  assert.deepEqual(await votes(ana, question), [1, 0]);
});

test("who only reads is asked for a name, and the vote counts then", async () => {
  const question = unique("And you?");
  await asAdmin("POST", `/events/${world.slug}/polls`, { question, options: ["Yes", "No"] });
  const reader = await world.inRoom();
  await option(reader, question, "No").click();
  await reader.getByTestId("guest-name").fill("Noor");
  await reader.getByTestId("guest-join").click();
  await until(async () => (await votes(ana, question)).join() === "0,1");
  await until(async () => (await option(reader, question, "No").getAttribute("aria-checked")) === "true");
});

test("the keyboard votes, too", async () => {
  const question = unique("By key?");
  await asAdmin("POST", `/events/${world.slug}/polls`, { question, options: ["Yes", "No"] });
  await option(ana, question, "No").focus();
  await ana.keyboard.press("Enter");
  await until(async () => (await votes(ana, question)).join() === "0,1");
});
