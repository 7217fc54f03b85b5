import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { ended, startLibbert, TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const folder = temporaryDirectory();
const tokenFile = join(folder, "token");
writeFileSync(tokenFile, "secret\n");
const TOKEN = { authorization: "Bearer secret" };

/** How long Fastify keeps a connection for the next request. */
const KEPT_MS = 72_000;

/** Inputs of a request that take a while. */
const MANY = new Array(32).fill("the film was so good that we never saw the ending ".repeat(8));

test("SIGTERM has the server answer what it accepted, and end with 0; SIGHUP loads models anew", async () => {
  const child = startLibbert([
    ...["serve", "--model", `films=${TINY_MODEL}`, "--port", "0", "--token-file", tokenFile],
    ...["--truncate", "--threads", "1", "--json"],
  ]);
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, "line")) as [string];
  const { address, models } = JSON.parse(line);
  assert.deepEqual(models, ["films"]);
  const whole = ended(child);
  const figure = async (name: string) => {
    const text = await (await fetch(`${address}/metrics`, { headers: TOKEN })).text();
    return Number(new RegExp(`^${name}(\\{.*\\})? (\\d+)$`, "m").exec(text)?.[2]);
  };
  child.kill("SIGHUP");
  while ((await figure('libbert_reloads_total\\{model="films",outcome="replaced"\\}')) < 1) await nextTurn();

  const embed = () =>
    fetch(`${address}/embed`, {
      method: "POST",
      headers: { ...TOKEN, "content-type": "application/json" },
      body: JSON.stringify({ inputs: MANY }),
    });
  const answers = Array.from({ length: 8 }, embed);
  const accepted = async () =>
    (await figure("libbert_inputs_total")) + (await figure("libbert_queue_inputs"));
  while ((await accepted()) < 8 * MANY.length) await nextTurn();
  child.kill("SIGTERM");
  const asked = performance.now();
  for (const answer of await Promise.all(answers)) {
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as number[][]).length, MANY.length);
  }
  const { code, stderr } = await whole;
  assert.equal(code, 0, stderr);
  assert.ok(performance.now() - asked < KEPT_MS, "connections that a client keeps do not hold the end up");
  assert.match(stderr, /films was loaded anew from/);
  await assert.rejects(embed);
});

test("what cannot be served is refused in one sentence, before a model is loaded", async () => {
  const refusals: [words: string[], message: RegExp][] = [
    [[], /^libbert: Expected --model <model\.\.\.>: folder of the model/],
    [
      ["--model", TINY_MODEL, "--port", "70000"],
      /^libbert: Expected a value of at most 65535 for --port but received 70000$/,
    ],
    [
      ["--model", `a=${TINY_MODEL}`, "--model", "a=b"],
      /^libbert: Expected one model only for the name "a" for --model but received "a=b"$/,
    ],
    [
      ["--model", TINY_MODEL, "--token-file", join(folder, "none")],
      /^libbert: Expected a readable file for --token-file but .*: ENOENT/,
    ],
    [
      ["--model", TINY_MODEL, "--max-queue", "3"],
      /^libbert: Expected at least 32, .* for --max-queue but received 3$/,
    ],
  ];
  for (const [words, message] of refusals) {
    const { status, stderr } = await libbertInProcess(["serve", ...words]);
    assert.equal(status, 2, stderr);
    assert.match(stderr.trimEnd(), message);
  }
});
