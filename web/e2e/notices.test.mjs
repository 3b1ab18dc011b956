/** Notifications: who is named or answered hears of it wherever they are, in every tab, and gets to the place. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BASE, guest, idOf, live, messageOf, ownEvent, PHONE, say, shot, signIn, streams, unique, until, World } from "./world.mjs";

let world;
let ana;
let ben;
let writer;
let elsewhere;

before(async () => {
  world = await World.open();
  world.slug = await ownEvent(unique("Talk"));
  elsewhere = await ownEvent(unique("Elsewhere"));
  writer = await guest("Wim");
  ana = await world.inRoom(unique("Ana"));
  ben = await world.inRoom(unique("Ben"));
});
after(() => world?.close());

const nameOf = async (page) => (await page.getByTestId("me").getAttribute("aria-label")).replace("Signed in as ", "");

async function unread(page, count) {
  if (count === 0) return page.getByTestId("unread").waitFor({ state: "detached" });
  await page.getByTestId("unread").getByText(String(count), { exact: true }).waitFor();
}

test("who is named by completion is told at once, and the message shows it to them and to others", async () => {
  const name = await nameOf(ana);
  const hello = unique("good evening");
  await say(ana, hello);
  await messageOf(ben, hello).waitFor();
  const field = ben.getByTestId("composer");
  await field.pressSequentially(`@${name.slice(0, 5)}`);
  await ben.getByTestId("names").getByText(name, { exact: true }).click();
  const text = unique("did you see that");
  await field.pressSequentially(text);
  await field.press("Enter");
  await messageOf(ana, text).locator(".me").getByText(`@${name}`).waitFor();
  const atBen = messageOf(ben, text).getByTestId("mention");
  await atBen.waitFor();
  assert.equal(await atBen.evaluate((node) => node.classList.contains("me")), false);
  await unread(ana, 1);
  await ana.getByTestId("bell").click();
  const notice = ana.getByTestId("notice").filter({ hasText: text });
  await notice.waitFor();
  await shot(ana, "notices-desktop");
  await ana.keyboard.press("Escape");
  await unread(ben, 0);
});

test("pressed, it leads to the message from any page, and is read", async () => {
  await ana.goto(`${BASE}/`);
  await unread(ana, 1);
  await ana.getByTestId("bell").click();
  await ana.getByTestId("notice").first().getByRole("link").click();
  await live(ana);
  await until(() => ana.evaluate(() => document.activeElement?.querySelector("[data-testid=mention].me") !== null));
  await unread(ana, 0);
});

test("an answer is told, and leads into its thread", async () => {
  const text = unique("a question");
  await say(ana, text);
  const row = messageOf(ana, text);
  await row.waitFor();
  const id = await row.getAttribute("data-id");
  const answer = unique("an answer");
  await writer.say(world.slug, answer, { parent_id: id });
  await unread(ana, 1);
  await ana.goto(`${BASE}/e/${elsewhere}`);
  await live(ana);
  await ana.getByTestId("bell").click();
  await ana.locator("[data-testid=notice][data-kind=reply]").filter({ hasText: answer }).getByRole("link").click();
  const thread = ana.getByTestId("thread");
  await thread.getByTestId("text").filter({ hasText: answer }).waitFor();
  await until(() => ana.evaluate((text) => document.activeElement?.textContent?.includes(text), answer));
  await unread(ana, 0);
  await ana.getByTestId("thread-close").click();
});

test("all tabs show the same number by one stream, and what one reads is read in all", async () => {
  const held = await streams();
  const tabs = [ana];
  for (let i = 0; i < 4; i++) {
    const tab = await ana.context().newPage();
    await tab.goto(`${BASE}/e/${world.slug}`);
    await live(tab);
    tabs.push(tab);
  }
  assert.equal(await streams(), held, "more tabs, no more streams");
  const me = await idOf(ana);
  for (let i = 0; i < 3; i++) await writer.say(world.slug, `@${await nameOf(ana)} ${unique("number")}`, { mentions: [me] });
  for (const tab of tabs) await unread(tab, 3);
  await tabs[2].getByTestId("bell").click();
  await tabs[2].getByTestId("notice").first().getByRole("link").click();
  for (const tab of tabs) await unread(tab, 2);
  await tabs[3].getByTestId("bell").click();
  await until(async () => (await tabs[3].locator("[data-testid=notice].fresh").count()) === 2);
  await tabs[3].getByTestId("read-all").click();
  for (const tab of tabs) await unread(tab, 0);
  for (const tab of tabs.slice(1)) await tab.close();
});

test("what was said while nobody listened is there afterwards", async () => {
  const me = await idOf(ana);
  const name = await nameOf(ana);
  await ana.context().setOffline(true);
  await writer.say(world.slug, `@${name} ${unique("while away")}`, { mentions: [me] });
  await ana.context().setOffline(false);
  await ana.getByTestId("unread").getByText("1", { exact: true }).waitFor({ timeout: 60_000 });
  await ana.reload();
  await unread(ana, 1);
});

test("who signs out has no bell, and who comes next does not see what was theirs", async () => {
  await ana.getByTestId("me").click();
  await ana.getByRole("button", { name: "Sign out" }).click();
  await ana.getByTestId("bell").waitFor({ state: "detached" });
  await signIn(ana, unique("Cleo"));
  await ana.getByTestId("bell").click();
  await ana.getByText("Nothing yet.").waitFor();
  await ana.keyboard.press("Escape");
});

test("on a phone the list fills the width, and keys alone get around in it", async () => {
  const phone = await world.inRoom(unique("Pia"), { viewport: PHONE, isMobile: true, hasTouch: true });
  await writer.say(world.slug, `@${await nameOf(phone)} ${unique("on the tram")}`, { mentions: [await idOf(phone)] });
  await unread(phone, 1);
  await phone.getByTestId("bell").focus();
  await phone.keyboard.press("Enter");
  await phone.getByTestId("notice").first().waitFor();
  await shot(phone, "notices-phone");
  const box = await phone.getByTestId("bell-panel").boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, "nothing is cut off");
  await phone.keyboard.press("Escape");
  assert.equal(await phone.evaluate(() => document.activeElement?.getAttribute("data-testid")), "bell");
});
