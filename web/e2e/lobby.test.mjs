/** The front page: what is on, as it happens; what somebody follows; and how it is found. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asAdmin, BASE, goal, live, ownMatch, PHONE, restart, RESTART, shot, signIn, streams, unique, until, World } from "./world.mjs";

let world;
let page;
let match;

const card = (within, slug) => within.locator(`[data-testid=event-card][data-slug="${slug}"]`);

before(async () => {
  match = await ownMatch(unique("Derby"));
  world = await World.open();
  page = await world.person();
  await page.goto(`${BASE}/`);
});
after(() => world?.close());

test("what is live stands first, with its score, and a goal shows without a reload", async () => {
  const one = card(page.getByTestId("live-events"), match.slug);
  await one.waitFor();
  await goal(match.slug, match.home);
  await one.locator('[data-testid=card-score][data-score="1–0"]').waitFor();
  await goal(match.slug, match.away);
  await one.locator('[data-testid=card-score][data-score="1–1"]').waitFor();
});

test("who watches is counted on the card", async () => {
  const one = card(page.getByTestId("live-events"), match.slug);
  const there = await world.person();
  await there.goto(`${BASE}/e/${match.slug}`);
  await live(there);
  await one.locator('[data-testid=card-viewers][data-viewers="1"]').waitFor({ timeout: 30_000 });
  await there.context().close();
  await one.locator('[data-testid=card-viewers][data-viewers="0"]').waitFor({ timeout: 60_000 });
});

test("an event that begins moves up, and one that ends moves down", async () => {
  const slug = unique("opening").replaceAll(" ", "-");
  await asAdmin("POST", "/events", { title: slug, slug, kind: "session", scheduled_at: new Date(Date.now() + 3_600_000).toISOString() });
  await card(page.getByTestId("upcoming-events"), slug).waitFor();
  await asAdmin("POST", `/events/${slug}/start`);
  await card(page.getByTestId("live-events"), slug).waitFor();
  await asAdmin("POST", `/events/${slug}/end`);
  await card(page.getByTestId("finished-events"), slug).waitFor();
  await card(page.getByTestId("live-events"), slug).waitFor({ state: "detached" });
});

test("it is found by who plays, and the address says what is looked for", async () => {
  await page.getByTestId("lobby-text").fill(match.home.name.toUpperCase());
  await card(page, match.slug).waitFor();
  await until(async () => (await page.getByTestId("event-card").count()) === 1);
  assert.match(page.url(), /\?q=/);
  await page.reload();
  await card(page, match.slug).waitFor();
  assert.equal(await page.getByTestId("lobby-text").inputValue(), match.home.name.toUpperCase());
  await page.getByTestId("when-next").check({ force: true });
  await page.getByTestId("nothing").waitFor();
  await page.getByRole("button", { name: "Show everything" }).click();
  await card(page, match.slug).waitFor();
});

test("the card leads into the room, and the way back to the list", async () => {
  await card(page.getByTestId("live-events"), match.slug).getByRole("link").click();
  await live(page);
  await page.getByTestId("scoreboard").waitFor();
  await page.goBack();
  await card(page.getByTestId("live-events"), match.slug).waitFor();
});

test("what somebody follows gathers for them, by event or by who plays, also after a reload", async () => {
  await page.goto(`${BASE}/e/${match.slug}`);
  await live(page);
  await signIn(page, "Fay");
  await page.goto(`${BASE}/`);
  const one = card(page.getByTestId("live-events"), match.slug);
  await one.getByTestId("follow").click();
  await page.locator(`[data-testid=follow-participant][data-id="${match.away.id}"]`).click();
  await card(page.getByTestId("for-you"), match.slug).waitFor();
  await shot(page, "lobby-follow");
  await page.keyboard.press("Escape");
  await page.reload();
  await card(page.getByTestId("for-you"), match.slug).waitFor();
  await one.getByTestId("follow").click();
  const side = page.locator(`[data-testid=follow-participant][data-id="${match.away.id}"]`);
  await side.and(page.locator('[aria-pressed="true"]')).click();
  await card(page.getByTestId("for-you"), match.slug).waitFor({ state: "detached" });
});

test("ten tabs of the front page hold one stream for the list and one for the person", async () => {
  const before = await streams();
  const context = page.context();
  const tabs = [];
  for (let i = 0; i < 9; i++) {
    const tab = await context.newPage();
    await tab.goto(`${BASE}/`);
    await card(tab.getByTestId("live-events"), match.slug).waitFor();
    tabs.push(tab);
  }
  assert.equal(await streams(), before);
  await goal(match.slug, match.home);
  for (const tab of [page, ...tabs]) await card(tab, match.slug).locator('[data-testid=card-score][data-score="2–1"]').first().waitFor();
  for (const tab of tabs) await tab.close();
});

test("the server restarts: the list comes back by itself with what was missed", { skip: !RESTART && "no GRANDSTAND_RESTART_CMD" }, async () => {
  await page.evaluate(() => (window.notReloaded = true));
  await restart();
  await goal(match.slug, match.home);
  await card(page.getByTestId("live-events"), match.slug).locator('[data-testid=card-score][data-score="3–1"]').waitFor({ timeout: 60_000 });
  await page.getByTestId("lobby-trouble").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => window.notReloaded), true, "the page was not reloaded");
});

test("on a phone nothing sticks out sideways", async () => {
  for (const colorScheme of ["dark", "light"]) {
    const phone = await world.person({ viewport: PHONE, isMobile: true, hasTouch: true, colorScheme });
    await phone.goto(`${BASE}/`);
    await card(phone.getByTestId("live-events"), match.slug).waitFor();
    assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false);
    await shot(phone, `lobby-phone-${colorScheme}`);
    await phone.context().close();
  }
});
