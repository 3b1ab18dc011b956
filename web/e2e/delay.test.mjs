/** Watching late, for those whose picture is; and seeing once more what is over. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asAdmin, BASE, goal, guest, live, messageOf, ownMatch, PHONE, say, shot, unique, until, World } from "./world.mjs";

/** The shortest there is, so that waiting for it is short as well. */
const DELAY_S = 5;

let world;
let match;
let ana;
let ben;
let writer;

before(async () => {
  world = await World.open();
  match = await ownMatch(unique("Late"));
  world.slug = match.slug;
  writer = await guest("Wim");
  ana = await world.inRoom(unique("Ana"));
  ben = await world.inRoom(unique("Ben"));
});
after(() => world?.close());

async function delayBy(page, seconds) {
  await page.getByTestId("delay").click();
  await page.getByTestId(`delay-${seconds}`).click();
  await page.locator(`[data-testid=delay-sign][data-seconds="${seconds}"]`).waitFor();
  await live(page);
}

/**
 * When the page first showed something, looked at by the page itself with every change: what is looked for from
 * outside may have passed on a busy machine.
 */
async function sighting(page, { text, notYet, score }) {
  const handle = await page.waitForFunction(
    ({ text, notYet, score }) => {
      const texts = [...document.querySelectorAll("[data-testid=message] [data-testid=text]")].map((one) => one.textContent);
      const shown = document.querySelector("[data-testid=score]")?.dataset.score;
      const told = (words) => texts.some((one) => one.includes(words));
      return (!text || told(text)) && !(notYet && told(notYet)) && (!score || shown === score) && Date.now();
    },
    { text, notYet, score },
    { timeout: 30_000, polling: "raf" },
  );
  return handle.jsonValue();
}

const score = (page, text) => page.locator(`[data-testid=score][data-score="${text}"]`).waitFor({ timeout: 30_000 });

test("who watches late hears nothing before its time: chat and score come together, later than for others", async () => {
  await delayBy(ana, DELAY_S);
  await ana.getByTestId("scoreboard").waitFor();
  const text = unique("what a goal");
  const seen = sighting(ana, { text });
  const scored = sighting(ana, { score: "1–0" });
  const at = Date.now();
  await goal(match.slug, match.home);
  await writer.say(match.slug, text);
  await messageOf(ben, text).waitFor();
  await score(ben, "1–0");
  assert.ok((await seen) - at >= DELAY_S * 1_000 - 500, "not before its time");
  assert.ok((await scored) - at >= DELAY_S * 1_000 - 500, "not told the goal first");
});

test("what they say is read by others at once, and waits here for its place, which is said", async () => {
  const text = unique("from the past");
  await say(ana, text);
  await messageOf(ben, text).waitFor();
  const waiting = ana.getByTestId("outgoing").filter({ hasText: text });
  await waiting.getByText("Others see it now").waitFor();
  await shot(ana, "delay-desktop");
  await messageOf(ana, text).waitFor({ timeout: 30_000 });
  await waiting.waitFor({ state: "detached" });
  assert.equal(await messageOf(ana, text).count(), 1);
});

test("the delay is remembered for this event, in every tab, and only for this one", async () => {
  await ana.reload();
  await ana.locator(`[data-testid=delay-sign][data-seconds="${DELAY_S}"]`).waitFor();
  const other = await ownMatch(unique("Prompt"));
  const tab = await ana.context().newPage();
  await tab.goto(`${BASE}/e/${other.slug}`);
  await tab.locator('[data-testid=delay-sign][data-seconds="0"]').waitFor();
  await tab.close();
});

test("back in the present everything is there at once", async () => {
  const text = unique("the latest");
  await writer.say(match.slug, text);
  await delayBy(ana, 0);
  await messageOf(ana, text).waitFor();
});

test("what is over is seen once more in its own rhythm, and left for the whole room", async () => {
  const first = unique("the beginning");
  const last = unique("the end");
  const { slug, home } = await ownMatch(unique("Again"));
  await writer.say(slug, first);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await goal(slug, home);
  await writer.say(slug, last);
  await asAdmin("POST", `/events/${slug}/end`);

  await ana.goto(`${BASE}/e/${slug}`);
  await live(ana);
  await messageOf(ana, last).waitFor();
  await ana.getByTestId("replay-speed").selectOption("1");
  // A moment with the first and without the last, as the page itself saw it.
  const between = sighting(ana, { text: first, notYet: last, score: "0–0" });
  await ana.getByTestId("replay-start").click();
  await ana.getByTestId("replay-bar").waitFor();
  await between;
  await ana.getByTestId("replay-note").waitFor();
  await shot(ana, "replay-desktop");
  await messageOf(ana, last).waitFor({ timeout: 30_000 });
  await score(ana, "1–0");

  await ana.getByTestId("replay-where").focus();
  assert.ok(await ana.getByTestId("replay-where").evaluate((bar) => Number(bar.max) - Number(bar.min)) > 3_000, "all of it can be gone to");
  await ana.keyboard.press("Home");
  await messageOf(ana, last).waitFor({ state: "detached" });
  await ana.getByTestId("replay-speed").selectOption("60");
  await messageOf(ana, last).waitFor({ timeout: 30_000 });

  await ana.getByTestId("replay-leave").click();
  await ana.getByTestId("replay-bar").waitFor({ state: "detached" });
  await messageOf(ana, first).waitFor();
  await messageOf(ana, last).waitFor();
  await ana.getByTestId("composer").waitFor();
});

test("on a phone the signs are there and nothing sticks out sideways", async () => {
  const phone = await world.inRoom(unique("Pia"), { viewport: PHONE, isMobile: true, hasTouch: true });
  await phone.getByTestId("delay").click();
  const box = await phone.getByTestId("delay-panel").boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, "nothing is cut off");
  await phone.getByTestId("delay-30").click();
  await phone.getByTestId("delay-sign").getByText("30 s").waitFor();
  await shot(phone, "delay-phone");
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false);
  await until(() => phone.getByTestId("scoreboard").isVisible());
});
