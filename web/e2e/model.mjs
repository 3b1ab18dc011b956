/**
 * A model's server for the tests: speaks the two calls of OpenAI's API that the house makes, says what it is told to say,
 * and keeps a list of what the real one would have refused.
 */
import { createServer } from "node:http";

export const KEY = "sk-e2e-of-nobody";
export const CHAT_MODEL = "scripted-1";

const CATEGORIES = [
  "harassment",
  "harassment/threatening",
  "hate",
  "hate/threatening",
  "illicit",
  "illicit/violent",
  "self-harm",
  "self-harm/instructions",
  "self-harm/intent",
  "sexual",
  "sexual/minors",
  "violence",
  "violence/graphic",
];

export class Model {
  /** What the real one would have refused; empty at the end of a test. */
  complaints = [];
  /** Chat requests so far. */
  asked = [];
  #server;
  #scores = new Map();
  #answer = () => ({ pieces: ["I have nothing to say."] });

  static async start() {
    const model = new Model();
    model.#server = createServer((request, response) => void model.#take(request, response));
    await new Promise((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    return model;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  /** `answer(body)` gives `{pieces, pauseMs?, gate?, fail?}`; a gate is a promise that is waited for before the last piece. */
  answering(answer) {
    this.#answer = answer;
  }

  /** Texts with this word get these scores; all others are near nothing. */
  scores(word, scores) {
    this.#scores.set(word, scores);
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    let body;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
      return this.#refuse(response, 400, `no JSON at ${request.url}`);
    }
    if (request.method !== "POST") return this.#refuse(response, 405, `${request.method} ${request.url}`);
    if (request.headers.authorization !== `Bearer ${KEY}`) return this.#refuse(response, 401, "the key is not ours");
    if (request.url === "/v1/chat/completions") return this.#chat(body, response);
    if (request.url === "/v1/moderations") return this.#judge(body, response);
    return this.#refuse(response, 404, `nothing at ${request.url}`);
  }

  async #chat(body, response) {
    const wrong = wrongChat(body);
    if (wrong) return this.#refuse(response, 400, wrong);
    this.asked.push(body);
    const { pieces, pauseMs = 0, gate, fail } = await this.#answer(body);
    if (fail) return this.#send(response, fail, { error: { message: "scripted", type: "server_error", param: null, code: null } });
    const head = { id: "chatcmpl-1", created: Math.floor(Date.now() / 1_000), model: CHAT_MODEL };
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
    if (!body.stream) {
      await gate;
      const message = { role: "assistant", content: pieces.join(""), refusal: null };
      return this.#send(response, 200, { ...head, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }], usage });
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const say = (choices, more = {}) => response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices, ...more })}\n\n`);
    say([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]);
    for (const [at, content] of pieces.entries()) {
      if (at === pieces.length - 1) await gate;
      say([{ index: 0, delta: { content }, finish_reason: null }]);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    say([{ index: 0, delta: {}, finish_reason: "stop" }]);
    if (body.stream_options?.include_usage) say([], { usage });
    response.end("data: [DONE]\n\n");
  }

  #judge(body, response) {
    const inputs = typeof body.input === "string" ? [body.input] : body.input;
    const right = Array.isArray(inputs) && inputs.length > 0 && inputs.every((text) => typeof text === "string" && text !== "");
    if (!right) return this.#refuse(response, 400, "moderation: input must be texts");
    if (body.model !== undefined && !/^(omni|text)-moderation-/.test(body.model)) return this.#refuse(response, 404, `no such model ${body.model}`);
    const results = inputs.map((text) => this.#judged(text.toLowerCase()));
    return this.#send(response, 200, { id: "modr-1", model: "omni-moderation-2024-09-26", results });
  }

  #judged(text) {
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, 0.000_01]));
    for (const [word, more] of this.#scores) if (text.includes(word)) Object.assign(scores, more);
    const categories = Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score >= 0.5]));
    const applied = Object.fromEntries(CATEGORIES.map((name) => [name, ["text"]]));
    return { flagged: Object.values(categories).includes(true), categories, category_scores: scores, category_applied_input_types: applied };
  }

  #refuse(response, status, message) {
    this.complaints.push(message);
    return this.#send(response, status, { error: { message, type: "invalid_request_error", param: null, code: null } });
  }

  #send(response, status, body) {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  }
}

/** What is wrong with a chat request; undefined for a right one. */
function wrongChat(body) {
  const { model, messages, stream, stream_options: options, response_format: format } = body;
  if (model !== CHAT_MODEL) return `no such model ${model}`;
  if (!Array.isArray(messages) || messages.length === 0) return "messages must be a list";
  for (const [at, { role, content }] of messages.entries()) {
    if (!["system", "developer", "user", "assistant"].includes(role)) return `messages[${at}] has the role ${role}`;
    if (typeof content !== "string" || content === "") return `messages[${at}] says nothing`;
    if (at > 0 && (role === "system" || role === "developer")) return "instructions come first";
  }
  if (messages.at(-1).role !== "user") return "the last word must be the user's";
  if (stream !== undefined && typeof stream !== "boolean") return "stream must be true or false";
  if (options && !stream) return "stream_options without a stream";
  if (format?.type === "json_schema") {
    const { name, strict, schema } = format.json_schema ?? {};
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name ?? "")) return `a schema called ${name}`;
    if (strict !== true || schema?.type !== "object" || schema.additionalProperties !== false) return "the schema must be a strict object";
  }
  return undefined;
}
