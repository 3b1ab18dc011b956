/** Threads: opened from the room, answered in place, closed by key and by the browser's way back; on phones, too. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BASE, choose, live, messageOf, PHONE, say, shot, unique, until, World } from "./world.mjs";

let world;
let ana;
let ben;
const question = unique("who scored?");

before(async () => {
  world = await World.open();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
  await say(ana, question);
  await messageOf(ben, question).waitFor();
});
after(() => world?.close());

const inThread = (page, text) => page.getByTestId("thread").getByTestId("message").filter({ has: page.getByTestId("text").filter({ hasText: text }) });

test("a thread opens beside the chat, and answers in it reach everybody", async () => {
  const atBen = messageOf(ben, question);
  await choose(atBen, "thread-action");
  await ben.getByTestId("thread").waitFor();
  const answer = unique("number nine");
  await ben.getByTestId("thread-composer").fill(answer);
  await ben.getByTestId("thread-composer").press("Enter");
  await inThread(ben, answer).waitFor();
  await until(async () => (await ben.getByTestId("thread").getByTestId("outgoing").count()) === 0);

  const atAna = messageOf(ana, question);
  await atAna.getByTestId("open-thread").click();
  await inThread(ana, answer).waitFor();
  const second = unique("yes, number nine");
  await ana.getByTestId("thread-composer").fill(second);
  await ana.getByTestId("thread-composer").press("Enter");
  await inThread(ben, second).waitFor();
  await inThread(ana, second).waitFor();
  assert.equal(await inThread(ana, second).count(), 1);
  await ana.getByTestId("thread").getByText("2 replies").first().waitFor();
  await shot(ana, "thread-desktop");
});

test("its address leads to it, the way back and Escape close it", async () => {
  assert.match(ana.url(), /\?thread=msg_/);
  await ana.goBack();
  await ana.getByTestId("thread").waitFor({ state: "detached" });
  await ana.goForward();
  await ana.getByTestId("thread").waitFor();
  await ana.reload();
  await live(ana);
  await ana.getByTestId("thread").getByText("2 replies").first().waitFor();
  await ana.getByTestId("thread-composer").press("Escape");
  await ana.getByTestId("thread").waitFor({ state: "detached" });
  assert.doesNotMatch(ana.url(), /thread=/);
});

test("an edit and a deletion show in the open thread", async () => {
  const text = unique("to be changed");
  await ben.getByTestId("thread-composer").fill(text);
  await ben.getByTestId("thread-composer").press("Enter");
  await messageOf(ana, question).getByTestId("open-thread").click();
  await inThread(ana, text).waitFor();
  const own = inThread(ben, text);
  await choose(own, "delete");
  await own.getByTestId("delete-sure").click();
  await inThread(ana, text).waitFor({ state: "detached" });
  await ana.getByTestId("thread").getByText("Message deleted").waitFor();
});

test("on a phone it fills the screen", async () => {
  const phone = await world.inRoom("Chloé", { viewport: PHONE, isMobile: true, hasTouch: true });
  await messageOf(phone, question).getByTestId("open-thread").tap();
  const box = await phone.getByTestId("thread").boundingBox();
  assert.ok(box.width >= PHONE.width - 1 && box.height >= PHONE.height - 1, JSON.stringify(box));
  assert.equal(await phone.evaluate(() => document.activeElement?.id), "thread-title", "the focus went along");
  await inThread(phone, "number nine").first().waitFor();
  await shot(phone, "thread-phone");
  await phone.getByTestId("thread-close").tap();
  await phone.getByTestId("thread").waitFor({ state: "detached" });
});
