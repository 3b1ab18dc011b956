/** Pictures of every page in both themes, and the promise that nothing is asked from elsewhere. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BASE, DESKTOP, live, PHONE, shot, World } from "./world.mjs";

let world;
before(async () => {
  world = await World.open();
});
after(() => world?.close());

for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  for (const colorScheme of ["dark", "light"]) {
    test(`${device}, ${colorScheme}`, async () => {
      const page = await world.person({ viewport, colorScheme, isMobile: device === "phone", hasTouch: device === "phone" });
      const elsewhere = [];
      const wrong = [];
      page.on("request", (request) => {
        const url = new URL(request.url());
        // Pictures of people and teams may come from anywhere by https; nothing else may.
        if (url.origin !== new URL(BASE).origin && request.resourceType() !== "image") elsewhere.push(request.url());
      });
      page.on("pageerror", (error) => wrong.push(error.message));
      page.on("console", (line) => {
        if (/content security policy/i.test(line.text())) wrong.push(line.text());
      });
      await page.goto(`${BASE}/`);
      await page.getByTestId("event-card").first().waitFor();
      await shot(page, `home-${device}-${colorScheme}`);
      await page.getByTestId("live-events").getByTestId("event-card").first().click();
      await live(page);
      await page.getByTestId("scoreboard").waitFor();
      await page.getByTestId("message").first().waitFor();
      await shot(page, `event-${device}-${colorScheme}`);
      assert.deepEqual(elsewhere, []);
      assert.deepEqual(wrong, []);
    });
  }
}

test("the chosen theme outlives a reload", async () => {
  const page = await world.person({ colorScheme: "dark" });
  await page.goto(`${BASE}/`);
  await page.getByRole("button", { name: "Use the light theme" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Use the dark theme" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
});

test("an event that does not exist is said so", async () => {
  const page = await world.person();
  await page.goto(`${BASE}/e/no-such-event-anywhere`);
  await page.getByRole("heading", { name: "Empty seats" }).waitFor();
});
