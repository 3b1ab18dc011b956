/** Asking in the room: facts at once, the model in pieces, everybody with the same words in the end; and posts by itself. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openHouse } from "./house.mjs";

const house = await openHouse({ ASSISTANT__POSTS: true, LLM__RETRIES: 0 });
const { asAdmin, choose, goal, messageOf, ownMatch, PHONE, report, say, shot, unique, until, World, live, BASE } = await import("./world.mjs");

let world;
let match;
let ana;
let ben;

before(async () => {
  match = await ownMatch("Answers");
  world = await World.open(match.slug);
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
  await say(ana, "Here we go");
  await messageOf(ben, "Here we go").waitFor();
});
after(async () => {
  await world?.close();
  await house.close();
});

/** The answer to the question with this text, in the chat. */
const answerTo = (page, question) => page.locator("[data-testid=message][data-remark=answer]").filter({ has: page.getByTestId("quote").filter({ hasText: question }) });
const focused = (page) => page.evaluate(() => document.activeElement?.dataset.key ?? document.activeElement?.dataset.incident ?? "");
/** What a model says in the form it is asked for, in pieces. */
const said = (sentences) => ['{"answer":"', ...sentences, '","cites":[],"known":true}'];

test("a fact is answered without the model, and its source leads to the entry", async () => {
  await goal(match.slug, match.home, { player: "Ada Brook", minute: 12 });
  await ana.getByTestId("moment").filter({ hasText: "Ada Brook" }).waitFor();
  const question = "@assistant who scored?";
  await say(ana, question);
  const answer = answerTo(ana, "who scored?");
  await answer.getByText("Ada Brook").first().waitFor();
  assert.equal(await answer.getByTestId("source").getAttribute("data-by"), "facts");
  assert.equal(await answer.locator(".badge").first().textContent().then((text) => text.trim()), "assistant");
  // The goal's post may have been given to it for better words.
  const questions = house.model.asked.filter((body) => body.response_format?.json_schema?.name !== "announcement");
  assert.equal(questions.length, 0, "nobody asked the model");
  const source = answer.getByTestId("citation").filter({ hasText: "Ada Brook" }).first();
  await shot(ana, "assistant-facts-desktop");
  await source.focus();
  await ana.keyboard.press("Enter");
  await until(async () => /^inc_/.test(await focused(ana)));
  assert.match(await ana.evaluate(() => document.activeElement.textContent), /Ada Brook/);
  await shot(ana, "assistant-cited-desktop");
});

test("what a model writes is seen as it comes, and everybody ends with the same text", async () => {
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  const sentences = ["The people here are cheering. ", "The mood is very good. ", "Everybody hopes for more. "];
  house.model.answering(() => ({ pieces: said(sentences), pauseMs: 150, gate }));
  const question = unique("@assistant what is the mood like");
  await say(ana, question);
  const writing = ana.getByTestId("answering");
  await writing.waitFor();
  await writing.getByTestId("draft").filter({ hasText: "very good." }).waitFor();
  await shot(ana, "assistant-draft-desktop");
  assert.equal(await ana.getByTestId("typing").textContent(), "", "typing is shown where the answer will be");

  // Somebody comes in the middle, on a phone.
  const cleo = await world.inRoom("Cleo", { viewport: PHONE, isMobile: true, hasTouch: true, colorScheme: "light" });
  await cleo.getByTestId("message").filter({ hasText: question.slice(11) }).first().waitFor();
  await shot(cleo, "assistant-draft-phone-light");
  const before = await writing.locator(".text").boundingBox();
  open();
  for (const page of [ana, ben, cleo]) {
    await answerTo(page, question.slice(11)).waitFor();
    assert.equal(await answerTo(page, question.slice(11)).getByTestId("text").textContent(), sentences.join("").trim());
    await page.getByTestId("answering").waitFor({ state: "detached" });
  }
  const message = answerTo(ana, question.slice(11));
  assert.equal(await message.getByTestId("source").getAttribute("data-by"), "model");
  const now = await message.getByTestId("text").boundingBox();
  assert.ok(Math.abs(now.x - before.x) < 1 && Math.abs(now.width - before.width) < 1, "the words stay where they were read");
  // A screen reader hears it once, as a whole.
  await until(async () => (await ana.getByTestId("announcer").textContent()).includes("Everybody hopes for more."));
  assert.doesNotMatch(await ben.getByTestId("announcer").textContent(), /Everybody hopes/);
  await shot(cleo, "assistant-answer-phone-light");
  await cleo.context().close();
});

test("in the thread of the question the answer is written as well", async () => {
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  house.model.answering(() => ({ pieces: said(["Nobody here has said so. ", "Ask again after the break. "]), gate }));
  const question = unique("@assistant what do they think of the referee");
  await say(ana, question);
  const row = messageOf(ben, question);
  await choose(row, "thread-action");
  const thread = ben.getByTestId("thread");
  await thread.getByTestId("answering").waitFor();
  await thread.getByTestId("draft").filter({ hasText: "said so." }).waitFor();
  await shot(ben, "assistant-thread-draft-desktop");
  open();
  await thread.locator("[data-testid=message][data-remark=answer]").getByText("after the break").waitFor();
  await thread.getByTestId("answering").waitFor({ state: "detached" });
  await shot(ben, "assistant-thread-desktop");
  await thread.getByTestId("thread-close").click();
});

test("a model that fails leaves a kind word and no loose end", async () => {
  house.model.answering(() => ({ fail: 500 }));
  const question = unique("@assistant why do people sing");
  await say(ana, question);
  await until(async () => (await answerTo(ana, question.slice(11)).count()) + (await messageOf(ana, question).getByTestId("unanswered").count()) > 0);
  await ana.getByTestId("answering").waitFor({ state: "detached" });
  await shot(ana, "assistant-failed-desktop");
});

test("its name is offered while one writes, and a button makes a question of what is written", async () => {
  const field = ana.getByTestId("composer");
  await field.fill("");
  await field.pressSequentially("@assi");
  await ana.getByRole("option", { name: /assistant/i }).waitFor();
  await ana.keyboard.press("Enter");
  assert.equal(await field.inputValue(), "@assistant ");
  await field.fill("what is the score?");
  await ana.getByRole("button", { name: "Ask the assistant" }).click();
  assert.equal(await field.inputValue(), "@assistant what is the score?");
  await field.fill("");
});

test("a goal is told by itself, and set right when it is taken back", async () => {
  const id = await goal(match.slug, match.away, { player: "Bo Stone", minute: 20 });
  const post = ana.locator("[data-testid=message][data-remark=post]").filter({ hasText: "Bo Stone" });
  await post.waitFor();
  assert.match(await post.getByTestId("occasion").textContent(), /goal|lead/i);
  await report(match.slug, { type: "retract", target_source_id: id });
  await post.getByTestId("corrected").waitFor();
  await shot(ana, "assistant-corrected-desktop");
  // The post is not the place any more where it can be seen; its source says so instead of leading nowhere.
  await post.getByTestId("citation").first().click();
  await until(async () => (await post.getByTestId("cited").textContent()) !== "" || /^(inc|msg)_/.test(await focused(ana)));
  for (const [device, viewport] of [["desktop", undefined], ["phone", PHONE]]) {
    for (const colorScheme of ["dark", "light"]) {
      const page = await world.inRoom(undefined, { colorScheme, ...(viewport && { viewport, isMobile: true, hasTouch: true }) });
      await page.locator("[data-testid=message][data-remark=post]").last().waitFor();
      await shot(page, `assistant-${device}-${colorScheme}`);
      await page.context().close();
    }
  }
});

test("a source in a thread on a phone leads out of it", async () => {
  const phone = await world.inRoom("Dora", { viewport: PHONE, isMobile: true, hasTouch: true });
  const { items } = await asAdmin("GET", `/events/${match.slug}/messages?limit=100`);
  const answer = items.find((one) => one.assistant?.kind === "answer" && one.text.includes("Ada Brook"));
  await phone.goto(`${BASE}/e/${match.slug}?message=${answer.id}`);
  await live(phone);
  await phone.getByTestId("thread").getByTestId("citation").first().tap();
  await phone.getByTestId("thread").waitFor({ state: "detached" });
  await until(async () => /^(inc|msg)_/.test(await focused(phone)));
  await shot(phone, "assistant-cited-phone");
});

test("the model's server had nothing to complain about", () => {
  assert.deepEqual(house.model.complaints, []);
  assert.ok(house.model.asked.length >= 3);
});
