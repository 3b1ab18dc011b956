/** Practising with a persona: a host makes one, somebody talks with it in a room of their own, and is scored in the end. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openHouse } from "./house.mjs";

const house = await openHouse();
const { BASE, live, messageOf, ownEvent, PHONE, say, shot, unique, until, World } = await import("./world.mjs");

const SUMMARY = "Calm from beginning to end.";
const REPLY = "My ticket does not scan, and the gates close soon.";

let world;
let host;
let ana;

before(async () => {
  house.model.answering((body) => {
    const form = body.response_format?.json_schema?.schema;
    if (!form?.properties?.criteria) return { pieces: form ? [JSON.stringify(fill(form))] : [REPLY] };
    return { pieces: [JSON.stringify({ summary: SUMMARY, criteria: [{ name: "Tone", score: 8, comment: "Friendly throughout." }] })] };
  });
  world = await World.open(await ownEvent("Lobby of personas"));
  host = await world.staffInRoom();
  ana = await world.person();
});
after(async () => {
  await world?.close();
  await house.close();
});

/** Any other form: every text is the reply. */
function fill(schema) {
  const value = ({ type }) => ({ string: REPLY, boolean: true, integer: 0, number: 0, array: [] })[type];
  return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, value(one)]));
}

test("a host makes a persona by a form that says what only hosts read", async () => {
  await host.getByTestId("me").click();
  await host.getByTestId("to-personas").click();
  await host.getByTestId("persona-new").click();
  await host.getByTestId("persona-name").fill("Mr Brook");
  await host.getByTestId("persona-scenario").fill("A fan stands at the gate, and the ticket does not scan.");
  await host.getByTestId("persona-character").fill("Polite, a little out of breath, afraid to miss the start.");
  await host.getByTestId("persona-goal").first().fill("To get in before the start");
  await host.getByLabel("Criterion 1", { exact: true }).fill("Tone");
  await host.getByLabel("What earns points for criterion 1").fill("Stays friendly");
  await host.getByTestId("persona-slowest").fill("500");
  await host.getByTestId("persona-fastest").fill("1000");
  await shot(host, "persona-form-desktop");
  await host.getByTestId("persona-save").click();
  await host.getByTestId("persona").filter({ hasText: "Mr Brook" }).waitFor();
  await host.getByTestId("persona-form").waitFor({ state: "detached" });
});

test("somebody begins a session, and the persona answers in a room of their own", async () => {
  await ana.goto(`${BASE}/personas`);
  await ana.getByTestId("sign-in").click();
  await ana.getByTestId("guest-name").fill("Ana");
  await ana.getByTestId("guest-join").click();
  await ana.getByTestId("persona").filter({ hasText: "Mr Brook" }).waitFor();
  assert.doesNotMatch(await ana.getByTestId("personas").textContent(), /out of breath|before the start/, "learners don't read the sheet");
  await ana.getByRole("button", { name: "Begin a session: Mr Brook" }).click();
  await ana.getByTestId("sitting").waitFor();
  await live(ana);
  await say(ana, unique("Good evening, how can I help?"));
  await messageOf(ana, REPLY).first().waitFor();
  assert.match(await messageOf(ana, REPLY).first().textContent(), /persona/i);
  await shot(ana, "persona-session-desktop");
});

test("nobody else gets in", async () => {
  const path = new URL(ana.url()).pathname;
  const ben = await world.inRoom("Ben");
  await ben.goto(`${BASE}${path}`);
  await ben.getByRole("heading", { name: /Empty seats|ticket/ }).first().waitFor();
  await ben.context().close();
});

test("at the end there is a summary and a score sheet, there and among my sessions", async () => {
  await ana.getByTestId("sitting-end").click();
  await ana.getByTestId("sitting-end-sure").click();
  const sheet = ana.getByTestId("score-sheet");
  await sheet.waitFor();
  assert.equal(await sheet.getByTestId("score-summary").textContent(), SUMMARY);
  assert.match(await sheet.getByTestId("criterion").first().textContent(), /Tone.*8 of 10.*Friendly throughout\./s);
  await ana.getByText("This session is over.").waitFor();
  await shot(ana, "persona-score-desktop");
  const path = new URL(ana.url()).pathname;
  await ana.getByRole("link", { name: "My sessions" }).click();
  const mine = ana.getByTestId("my-session").first();
  await mine.getByText("8 of 10 points").waitFor();
  await shot(ana, "personas-desktop-dark");
  const state = await ana.context().storageState();
  for (const [device, viewport] of [["desktop", undefined], ["phone", PHONE]]) {
    for (const colorScheme of ["dark", "light"]) {
      const page = await world.person({ colorScheme, storageState: state, ...(viewport && { viewport, isMobile: true, hasTouch: true }) });
      await page.goto(`${BASE}/personas`);
      await page.getByTestId("my-session").first().waitFor();
      await shot(page, `personas-${device}-${colorScheme}`);
      await page.goto(`${BASE}${path}`);
      await page.getByTestId("score-sheet").waitFor();
      await shot(page, `persona-score-${device}-${colorScheme}`);
      await page.context().close();
    }
  }
});

test("a host changes a persona, and deletes it after a second thought", async () => {
  const card = host.getByTestId("persona").filter({ hasText: "Mr Brook" });
  await card.getByRole("button", { name: "Edit: Mr Brook" }).click();
  await host.getByTestId("persona-name").fill("Mrs Brook");
  await host.getByTestId("persona-save").click();
  const changed = host.getByTestId("persona").filter({ hasText: "Mrs Brook" });
  await changed.getByRole("button", { name: "Edit: Mrs Brook" }).click();
  await host.getByTestId("persona-remove").click();
  await host.getByTestId("persona-remove-sure").click();
  await changed.waitFor({ state: "detached" });
  await until(async () => (await host.getByTestId("persona").count()) === 0);
});

test("the model's server had nothing to complain about", () => {
  assert.deepEqual(house.model.complaints, []);
});
