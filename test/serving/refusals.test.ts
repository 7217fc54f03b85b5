import "../support/one-thread.js";

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { goldenPath } from "../support/golden.js";
import { CLASSIFIER, post, serverOf } from "./support.js";

const { app, models } = await serverOf({
  models: { films: CLASSIFIER, ranker: goldenPath("cross-encoder") },
  bearerToken: "secret",
  maxTexts: 8,
  maxQueue: 8,
  maxBody: 100_000,
  timeout: 20,
});
const films = models.of("films");
const TOKEN = { authorization: "Bearer secret" };
const ask = (url: string, body: unknown) => post(app, url, body, TOKEN);
const LONG = "the film was so good ".repeat(50);

/** A promise that others settle. */
function pending<Value>() {
  let resolve = (_: Value) => {};
  let reject = (_: unknown) => {};
  const promise = new Promise<Value>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

test("without the token every route but /health is refused, and says how it is given", async () => {
  assert.equal((await app.inject({ url: "/health" })).statusCode, 200);
  for (const authorization of [undefined, "secret", "Bearer secreT", "Bearer secret ", "Bearer "]) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    for (const url of ["/metrics", "/info", "/v1/models"])
      assert.equal((await app.inject({ url, headers })).statusCode, 401, `${url}: ${authorization}`);
    const refused = await post(app, "/predict", { inputs: "a film" }, headers);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers["www-authenticate"], "Bearer");
    assert.match(refused.json.error, /authorization: Bearer/);
  }
  const { status, json } = await post(app, "/v1/embeddings", { input: "a film" });
  assert.deepEqual([status, json.error.type], [401, "invalid_request_error"]);
});

test("a wrong body is refused by what is wrong with it", async () => {
  const refusals: [url: string, body: unknown, status: number, error: RegExp, type?: string][] = [
    ["/predict", "{", 400, /JSON/],
    ["/predict", [], 400, /^Expected a JSON object as the body/],
    ["/predict", { input: "a" }, 422, /^Unknown option "input": did you mean inputs\?$/],
    ["/predict", { inputs: 5 }, 422, /^Expected a string or a pair of strings for inputs/],
    ["/predict", { inputs: ["a", "b", "c"] }, 422, /^Expected a text, a pair .* but received 3 texts$/],
    ["/predict", { inputs: "a", raw_scores: true }, 422, /^Expected false, as .* for raw_scores/],
    ["/predict", { inputs: "a", truncation_direction: "left" }, 422, /for truncation_direction but/],
    ["/predict", { inputs: "a", parameters: { topK: 1 } }, 422, /"topK"/],
    [
      "/predict",
      { inputs: "a", model: "film" },
      404,
      /^Expected one of films, ranker for model but received "film"$/,
    ],
    ["/predict", { inputs: [] }, 400, /^Expected at least one element for inputs$/, "Empty"],
    ["/embed", { inputs: [[1, 2]] }, 422, /^Expected a string or an array of strings for inputs/],
    ["/embed", { inputs: "a", prompt_name: "nix" }, 422, /prompt_name/],
    [
      "/embed",
      { inputs: "a", dimensions: 1000 },
      422,
      /^Expected at most 32, the length of the model's vectors, for dimensions but received 1000$/,
    ],
    [
      "/rerank",
      { query: "a", texts: ["b"] },
      424,
      /^films ranks nothing: it is a model for classification$/,
      "Backend",
    ],
    ["/rerank", { query: "a", texts: [], model: "ranker" }, 400, /for texts$/, "Empty"],
  ];
  for (const [url, body, expected, error, type = "Validation"] of refusals) {
    const { status, json } = await ask(url, body);
    assert.match(json.error, error);
    assert.deepEqual([status, json.error_type], [expected, type], json.error);
  }
});

test("OpenAI's clients are told errors in their form", async () => {
  const { status, json } = await ask("/v1/embeddings", { model: "gpt", input: "a" });
  assert.equal(status, 404);
  const message = 'Expected one of films, ranker for model but received "gpt"';
  assert.deepEqual(json.error, {
    message,
    type: "invalid_request_error",
    param: null,
    code: "model_not_found",
  });
  assert.match(
    (await ask("/v1/embeddings", { input: [1, 2] })).json.error.message,
    /as libbert makes the tokens itself/,
  );
});

test("too much is refused with 413: texts, tokens unless they may be cut, bytes", async () => {
  const tooLarge = async (url: string, body: object, error: RegExp) => {
    const { status, json } = await ask(url, body);
    assert.equal(status, 413, JSON.stringify(json).slice(0, 200));
    assert.match(json.error.message ?? json.error, error);
  };
  const nine = new Array(9).fill("a film");
  await tooLarge("/embed", { inputs: nine }, /^Expected at most 8 elements for inputs but received 9$/);
  await tooLarge(
    "/rerank",
    { model: "ranker", query: "a", texts: nine },
    /^Expected at most 8 elements for texts/,
  );
  const cut = /^(input|inputs|texts)\.1 has more tokens than the model reads: .*truncate/;
  await tooLarge("/predict", { inputs: [["a film"], [LONG]] }, cut);
  await tooLarge("/embed", { inputs: ["a film", LONG] }, cut);
  await tooLarge("/rerank", { model: "ranker", query: "a", texts: ["a film", LONG] }, cut);
  await tooLarge("/v1/embeddings", { input: ["a film", LONG] }, cut);
  await tooLarge("/predict", { inputs: "a".repeat(100_001) }, /large/);
  assert.equal((await ask("/predict", { inputs: LONG, truncate: true })).status, 200);
  assert.equal((await ask("/embed", { inputs: LONG, truncate: true })).status, 200);
});

test("a full queue is refused with 429 and Retry-After, for this model alone, until something is answered", async () => {
  const { promise, resolve } = pending<void>();
  const never = new AbortController().signal;
  const first = films.answer(7, never, () => promise);
  assert.equal(films.waiting, 7);
  const { status, json, headers } = await ask("/embed", { inputs: ["a", "b"] });
  assert.deepEqual([status, json.error_type, headers["retry-after"]], [429, "Overloaded", "1"]);
  assert.match(json.error, /^The queue of films is full: 7 inputs of at most 8 wait in it$/);
  assert.equal((await ask("/rerank", { model: "ranker", query: "a", texts: ["b", "c"] })).status, 200);
  assert.equal((await ask("/embed", { inputs: "a" })).status, 200);
  const openAi = await ask("/v1/embeddings", { input: ["a", "b"] });
  assert.deepEqual([openAi.status, openAi.json.error.type], [429, "rate_limit_error"]);
  resolve();
  await first;
  assert.equal((await ask("/embed", { inputs: ["a", "b"] })).status, 200);
  assert.equal(films.waiting, 0);
});

test("a request whose time is over is answered at once, and leaves the queue when the model hears of it", async () => {
  const controller = new AbortController();
  const { promise, reject } = pending<void>();
  const answer = films.answer(3, controller.signal, () => promise);
  controller.abort(new Error("its time is over"));
  await assert.rejects(answer, /^Error: its time is over$/);
  assert.equal(films.waiting, 3);
  reject(controller.signal.reason);
  await nextTurn();
  assert.equal(films.waiting, 0);
});

test("a server whose limit is over before a model can answer says 503; without a token, clients cannot reload", async () => {
  const { app } = await serverOf({ models: { films: CLASSIFIER }, timeout: 0.001, truncate: true });
  const { status, json, headers } = await post(app, "/embed", { inputs: new Array(32).fill(LONG) });
  assert.deepEqual([status, json.error_type, headers["retry-after"]], [503, "Overloaded", "1"]);
  assert.equal(json.error, "The request was not answered within 0.001 s");
  const reload = await post(app, "/reload", {});
  assert.equal(reload.status, 403);
  assert.match(reload.json.error, /a token: without one, only SIGHUP/);
});

test("what clients who went away had asked for leaves the queue", async () => {
  await app.listen({ port: 0 });
  const { port } = app.server.address() as { port: number };
  const body = JSON.stringify({ inputs: new Array(8).fill(LONG) });
  const head = [
    "POST /embed HTTP/1.1",
    "host: a",
    "authorization: Bearer secret",
    "content-type: application/json",
  ];
  const socket = connect(port, "127.0.0.1");
  socket.write(`${head.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  while (films.waiting === 0) await nextTurn();
  socket.destroy();
  await once(socket, "close");
  while (films.waiting > 0) await nextTurn();
  const metrics = async () => (await app.inject({ url: "/metrics", headers: TOKEN })).body;
  while (!/route="\/embed",status="499"\} 1/.test(await metrics())) await nextTurn();
});

test("limits that no request could keep are refused when the server starts", async () => {
  const starting = serverOf({ models: { films: CLASSIFIER }, maxTexts: 10, maxQueue: 9 });
  await assert.rejects(
    starting,
    /^LibbertError: Expected at least 10, the inputs of one request, for maxQueue but received 9$/,
  );
  const numbered = serverOf({ models: { 1: CLASSIFIER } });
  await assert.rejects(
    numbered,
    /^LibbertError: Expected a name that is no number for models but received "1"$/,
  );
  await assert.rejects(serverOf({ models: {} }), /^LibbertError: Expected at least one model for models/);
});
