import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { watchRuns } from "../../lib/report/watch-runs.js";
import { libbertInProcess } from "../cli/in-process.js";
import { failureOf } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { checkPage, rowsOf } from "./markup.js";

const folder = join(temporaryDirectory(), "run");

const step = (number: number) => `${JSON.stringify({ type: "step", step: number, loss: 1 / number })}\n`;

interface Answer {
  status: number;
  etag: string;
  body: string;
}

/** What the server answers; `fetch` would send a host of its own. */
async function answerOf(url: string, method = "GET", headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, async (response) =>
      resolve({
        status: response.statusCode!,
        etag: String(response.headers.etag),
        body: await text(response),
      }),
    );
    sent.on("error", reject).end();
  });
}

/** Serves the folder's report while `look` looks at it. */
async function watching(look: (url: string) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let looked: Promise<void> | undefined;
  await watchRuns([folder], {
    port: 0,
    signal: controller.signal,
    onListening(url) {
      looked = look(url).finally(() => controller.abort());
    },
  });
  await looked;
}

test("a page that is served follows its run, also from before it begins", () =>
  watching(async (url) => {
    const before = await answerOf(url);
    assert.equal(before.status, 200);
    assert.match(before.body, /<h1>No run yet<\/h1>/);

    mkdirSync(folder);
    writeFileSync(join(folder, "log.jsonl"), step(1));
    const first = await answerOf(url, "GET", { "if-none-match": before.etag });
    assert.equal(first.status, 200);
    checkPage(first.body, { isWatching: true });
    assert.equal(rowsOf(first.body, "Course of the training").length, 1);
    const again = await answerOf(url, "GET", { "if-none-match": first.etag });
    assert.deepEqual([again.status, again.body], [304, ""]);

    appendFileSync(join(folder, "log.jsonl"), step(2));
    const second = await answerOf(url, "GET", { "if-none-match": first.etag });
    assert.equal(rowsOf(second.body, "Course of the training").length, 2);
  }));

test("a page follows a search, whose trials are shown as they are done", () =>
  watching(async (url) => {
    const trial = (score: number | null) => ({
      settings: { epochs: 2 },
      limit: null,
      score,
      metrics: null,
      steps: 4,
    });
    const store = (...scores: (number | null)[]) =>
      writeFileSync(
        join(folder, ".partial-results.json"),
        JSON.stringify({ metric: "f1", trials: scores.map(trial), done: scores.length, planned: 3 }),
      );
    mkdirSync(folder, { recursive: true });
    rmSync(join(folder, "log.jsonl"), { force: true });
    store();
    const first = await answerOf(url);
    assert.match(first.body, />0 of 3 trials are done/);
    store(null);
    const diverged = await answerOf(url, "GET", { "if-none-match": first.etag });
    assert.deepEqual(rowsOf(diverged.body, "All trials"), [["1", "2", "–", "4"]]);
    store(0.5, null);
    const second = await answerOf(url, "GET", { "if-none-match": diverged.etag });
    checkPage(second.body, { isWatching: true });
    assert.match(
      second.body,
      />2 of 3 trials are done, the best by f1 first; it goes on, or was interrupted\.</,
    );
    assert.equal(rowsOf(second.body, "All trials").length, 2);
  }));

test("it answers no other method, path or host, and a second one cannot have its port", () =>
  watching(async (url) => {
    const { port, hostname } = new URL(url);
    assert.equal(hostname, "127.0.0.1");
    const statusOf = async (...given: Parameters<typeof answerOf>) => (await answerOf(...given)).status;
    assert.equal(await statusOf(url, "POST"), 405);
    assert.equal(await statusOf(`${url}../log.jsonl`), 404);
    assert.equal(await statusOf(url, "GET", { host: `evil.example:${port}` }), 403);
    assert.equal(await statusOf(url, "GET", { host: "localhost" }), 403);
    assert.equal(await statusOf(url, "GET", { host: `localhost:${port}` }), 200);
    const second = { port: Number(port), signal: AbortSignal.abort(), onListening() {} };
    const { message } = await failureOf(watchRuns([folder], second));
    assert.equal(message, `Expected a port that is free for port but received ${port}`);
  }));

test("options of watching and of writing are not taken together", async () => {
  const saidOf = async (...words: string[]) => (await libbertInProcess(["report", folder, ...words])).stderr;
  assert.match(
    await saidOf("--watch", "--output", "a.html"),
    /Expected no value beside --watch, which writes no file, for --output/,
  );
  assert.match(await saidOf("--port", "8000"), /Expected no value without --watch for --port/);
  assert.match(await saidOf("--watch", "--port", "70000"), /for --port but received 70000/);
});
