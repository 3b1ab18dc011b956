/**
 * A hundred messages a second. They are fed into the page's own stream, behind the real frames, so that what is
 * measured is the page and not the server's rate limits.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BASE, live, shot, until, World } from "./world.mjs";

const PER_SECOND = 100;
const SECONDS = 8;
/** Rows in the page, whatever is in the room: the viewport and a margin above and below. */
const MOST_ROWS = 70;

let world;
before(async () => {
  world = await World.open();
});
after(() => world?.close());

async function loudRoom() {
  const page = await world.person();
  await page.addInitScript(addCrowd, { perSecond: PER_SECOND });
  await page.goto(`${BASE}/e/${world.slug}`);
  await live(page);
  await page.getByTestId("messages").waitFor();
  return page;
}

/** Runs in the page: lets the real stream through and says more between its frames. */
function addCrowd({ perSecond }) {
  const realFetch = window.fetch.bind(window);
  window.crowd = { running: false, sent: 0 };
  window.fetch = async (input, init) => {
    const response = await realFetch(input, init);
    const url = typeof input === "string" ? input : (input.url ?? String(input));
    if (!/\/stream(\?|$)/.test(url) || !response.body) return response;
    const reader = response.body.getReader();
    const encoder = new TextEncoder();
    let tail = "";
    let timer;
    const body = new ReadableStream({
      start(controller) {
        let last = performance.now();
        timer = setInterval(() => {
          const now = performance.now();
          const due = Math.floor(((now - last) / 1000) * perSecond);
          if (due === 0) return;
          last += (due * 1000) / perSecond;
          // Only between two frames of the real stream, never inside one.
          if (!window.crowd.running || !tail.endsWith("\n\n")) return;
          let text = "";
          for (let i = 0; i < due; i++) text += frame(window.crowd.sent++);
          controller.enqueue(encoder.encode(text));
        }, 10);
        (async () => {
          try {
            for (;;) {
              const { done, value } = await reader.read();
              if (done) break;
              tail = new TextDecoder("latin1").decode(value.slice(-2));
              controller.enqueue(value);
            }
            controller.close();
          } catch (error) {
            controller.error(error);
          }
          clearInterval(timer);
        })();
      },
      cancel(reason) {
        clearInterval(timer);
        return reader.cancel(reason);
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
  function frame(n) {
    const at = new Date().toISOString();
    const author = { id: `usr_crowd${n % 40}`, name: `Fan ${n % 40}`, badges: n % 11 === 0 ? ["VERIFIED"] : [] };
    const text = n % 7 === 0 ? `A longer thought number ${n} that takes more than one line. `.repeat(3) : `Shout ${n}`;
    const reactions = n % 5 === 0 ? [{ emoji: "🔥", count: n % 13 + 1 }] : [];
    const message = { id: `msg_crowd${n}`, seq: 1e9 + n, author, text, status: "active", reply_count: 0, pinned: false, reactions, created_at: at };
    const data = JSON.stringify({ type: "message.created", at, data: { message } });
    return `event: message.created\ndata: ${data}\n\n`;
  }
}

/**
 * What was seen while the crowd shouted for a while. The times of the frames, in milliseconds, are for people to read:
 * on a busy machine they say more about the machine.
 */
function measure(page, seconds) {
  return page.evaluate(async (seconds) => {
    const from = window.crowd.sent;
    window.crowd.running = true;
    const deltas = [];
    let rows = 0;
    await new Promise((resolve) => {
      const start = performance.now();
      let last = start;
      const step = (now) => {
        deltas.push(now - last);
        last = now;
        rows = Math.max(rows, document.querySelectorAll("[data-testid=row]").length);
        if (now - start < seconds * 1000) requestAnimationFrame(step);
        else resolve();
      };
      requestAnimationFrame(step);
    });
    window.crowd.running = false;
    deltas.sort((a, b) => a - b);
    const at = (part) => deltas[Math.floor(deltas.length * part)];
    return { sent: window.crowd.sent - from, frames: deltas.length, rows, median: at(0.5), p95: at(0.95), worst: deltas.at(-1) };
  }, seconds);
}

/** Waits until the newest message stands before everybody's eyes. */
async function atEnd(page) {
  const gap = () => page.getByTestId("messages").evaluate((node) => node.scrollHeight - node.clientHeight - node.scrollTop);
  await until(async () => (await gap()) <= 2);
}

test("a hundred messages a second, and there are never more than a few rows in the page", async (t) => {
  const page = await loudRoom();
  const seen = await measure(page, SECONDS);
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.sent >= PER_SECOND * SECONDS * 0.8, `only ${seen.sent} messages were fed`);
  assert.ok(seen.rows <= MOST_ROWS, `${seen.rows} rows in the page`);
  await shot(page, "crowd");
});

test("the newest stays in view, until somebody scrolls up; then nothing moves under their eyes", async () => {
  const page = await loudRoom();
  await measure(page, 2);
  const box = page.getByTestId("messages");
  await atEnd(page);

  await box.hover();
  await page.mouse.wheel(0, -900);
  await page.getByTestId("to-end").waitFor();
  const watched = await box.evaluate((node) => {
    const top = node.getBoundingClientRect().top;
    const row = [...node.querySelectorAll("[data-key]")].find((one) => one.getBoundingClientRect().top >= top + 40);
    return { key: row.dataset.key, y: row.getBoundingClientRect().top };
  });
  await measure(page, 3);
  const y = await page.locator(`[data-key="${watched.key}"]`).evaluate((node) => node.getBoundingClientRect().top);
  assert.ok(Math.abs(y - watched.y) <= 2, `the row being read moved by ${y - watched.y} px`);
  assert.match(await page.getByTestId("to-end").innerText(), /\d+ new messages/);

  await page.getByTestId("to-end").click();
  await atEnd(page);
  await page.getByTestId("to-end").waitFor({ state: "detached" });
});

test("a row stays under the pointer that aims at what it offers, and the chat goes on when the pointer leaves", async () => {
  const page = await loudRoom();
  await measure(page, 2);
  const box = page.getByTestId("messages");
  await atEnd(page);

  const aimed = page.getByTestId("row").last();
  const key = await aimed.getAttribute("data-key");
  await aimed.hover();
  await aimed.getByTestId("reply").hover();
  const { y } = await aimed.boundingBox();
  await measure(page, 3);
  const still = page.locator(`[data-key="${key}"]`);
  assert.ok(Math.abs((await still.boundingBox()).y - y) <= 2, "the row moved while somebody aimed at its buttons");
  await page.getByTestId("waiting").waitFor();
  assert.equal(await page.getByTestId("to-end").count(), 0, "something lies over what is aimed at");

  await page.mouse.move(5, 5);
  await atEnd(page);
  await page.getByTestId("waiting").waitFor({ state: "detached" });

  // Under a pointer that only lies there, buttons come by: the browser says `over`, and nobody has moved. No chat stops.
  const passing = page.getByTestId("row").last().getByTestId("reply");
  await passing.evaluate((button) => button.dispatchEvent(new PointerEvent("pointerover", { bubbles: true })));
  await measure(page, 2);
  await atEnd(page);
  assert.equal(await page.getByTestId("waiting").count(), 0);

  // Who comes by keyboard aims as well.
  await box.focus();
  await page.keyboard.press("End");
  const reached = await page.evaluate(() => document.activeElement.dataset.key);
  await page.keyboard.press("Tab");
  const row = page.locator(`[data-key="${reached}"]`);
  const before = (await row.boundingBox()).y;
  await measure(page, 2);
  assert.ok(Math.abs((await row.boundingBox()).y - before) <= 2, "the row moved while something in it had the focus");
  await page.evaluate(() => document.activeElement.blur());
  await atEnd(page);
});
