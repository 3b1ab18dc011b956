/**
 * Many streams from one page. Over HTTP/1.1 a browser opens six connections to a server and no more; over TLS the server
 * speaks HTTP/2, where streams share one.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { shot, unique, until, World } from "./world.mjs";

const SECURE = process.env.GRANDSTAND_TLS_URL?.replace(/\/$/, "");
const STREAMS = 12;

let world;
before(async () => {
  if (!SECURE) throw new Error("GRANDSTAND_TLS_URL must name a running server that speaks TLS, such as https://127.0.0.1:8443");
  world = await World.open();
});
after(() => world?.close());

test("a page opens twice as many streams as HTTP/1.1 has connections, and all hear what is said", async () => {
  // The certificate is the tests' own; nobody vouches for it.
  const page = await world.person({ ignoreHTTPSErrors: true });
  await page.goto(`${SECURE}/e/${process.env.GRANDSTAND_TLS_EVENT}`);
  const protocol = await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol);
  assert.equal(protocol, "h2");

  await page.evaluate(
    ([event, streams]) => {
      window.heard = Array.from({ length: streams }, () => ({ opened: false, texts: [] }));
      window.sources = window.heard.map((seat) => {
        const source = new EventSource(`/v1/events/${event}/stream`);
        source.addEventListener("stream.snapshot", () => (seat.opened = true));
        source.addEventListener("message.created", (frame) => seat.texts.push(JSON.parse(frame.data).data.message.text));
        return source;
      });
    },
    [process.env.GRANDSTAND_TLS_EVENT, STREAMS],
  );
  const heard = () => page.evaluate(() => window.heard);
  await until(async () => (await heard()).every((seat) => seat.opened));

  const texts = [unique("first over h2"), unique("second over h2")];
  await page.evaluate(
    async ([event, texts]) => {
      const asked = { method: "POST", headers: { "Content-Type": "application/json" } };
      const signedIn = await fetch("/v1/auth/guest", { ...asked, body: JSON.stringify({ name: "Flo" }) });
      const { token } = await signedIn.json();
      for (const text of texts) {
        const headers = { ...asked.headers, Authorization: `Bearer ${token}` };
        const posted = await fetch(`/v1/events/${event}/messages`, { ...asked, headers, body: JSON.stringify({ text }) });
        if (!posted.ok) throw new Error(`posting answered ${posted.status}`);
      }
    },
    [process.env.GRANDSTAND_TLS_EVENT, texts],
  );
  await until(async () => (await heard()).every((seat) => seat.texts.includes(texts[1])));
  for (const seat of await heard()) {
    assert.deepEqual(seat.texts.filter((text) => texts.includes(text)), texts);
  }
  await shot(page, "over-tls");
  await page.evaluate(() => window.sources.forEach((source) => source.close()));
});
