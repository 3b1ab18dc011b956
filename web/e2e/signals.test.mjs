/** The small signs of a crowd: who types, what was delivered and read, who won. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { messageOf, say, shot, unique, until, World } from "./world.mjs";

let world;
let host;
let ana;
let ben;

before(async () => {
  world = await World.open();
  host = await world.staffInRoom();
  ana = await world.inRoom("Ana");
  ben = await world.inRoom("Ben");
});
after(() => world?.close());

const typing = (page) => page.getByTestId("typing").first();

test("who types is shown to the others, and no longer when they stop", async () => {
  await ana.getByTestId("composer").pressSequentially("Did you see");
  await typing(ben).getByText("Ana is typing").waitFor();
  await ben.getByTestId("composer").pressSequentially("I");
  await typing(host).getByText(/Ana and Ben are typing/).waitFor();
  await shot(host, "typing-desktop");
  assert.equal(await typing(ana).getByText("Ana").count(), 0, "nobody is told of themselves");
  await ana.getByTestId("composer").fill("");
  await typing(host).getByText("Ben is typing").waitFor();
  await ben.getByTestId("composer").press("Enter");
  await until(async () => (await typing(host).innerText()) === "");
});

test("an author sees it delivered and read", async () => {
  const text = unique("read me");
  await say(ana, text);
  const tick = messageOf(ana, text).getByTestId("delivery");
  await until(async () => (await tick.getAttribute("data-state")) === "read");
  assert.match(await tick.getAttribute("title"), /Read by \d/);
  assert.equal(await messageOf(ben, text).getByTestId("delivery").count(), 0, "others' messages have no ticks");
});

test("a winner wears the badge, on what they said before, too", async () => {
  const text = unique("before the draw");
  await say(ben, text);
  await messageOf(ana, text).waitFor();
  const award = host.getByTestId("people").getByRole("button", { name: "Winner: Ben" }).first();
  await award.waitFor({ timeout: 30_000 });
  await award.click();
  await messageOf(ana, text).getByText("winner", { exact: false }).waitFor();
  await shot(ana, "winner-desktop");
  await award.click();
  await until(async () => (await messageOf(ana, text).getByText("winner", { exact: false }).count()) === 0);
});
