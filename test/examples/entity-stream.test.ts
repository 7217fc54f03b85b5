import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { entityLines } from "../../examples/entity-stream/entity-lines.js";
import { filesIn, linesOf, type Text } from "../../examples/entity-stream/texts.js";
import type { EntityPrediction, Model } from "../../lib/index.js";
import { predictStream } from "../../lib/session/predict-stream.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { startExample } from "./start-example.js";

const MODEL = goldenPath("tiny-bert-tokens");
const TEXTS = ["the actor of the story, Anna, and Xu", "", "the good film\n\nof the actor of the story"];

/** Finds nothing, at once. */
const finder = {
  predictStream: (inputs: AsyncIterable<string>) =>
    predictStream(async (chunk: string[]) => chunk.map(() => []), inputs, {}),
} as Pick<Model<"token-classification">, "predictStream">;

test("files of a folder give a line each as they appear; Ctrl-C ends it with 0, and nothing of what was read is lost", async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "more"));
  const files = ["a.txt", "b.txt", "more/c.txt"].map((name) => join(folder, name));
  writeFileSync(files[0]!, TEXTS[0]!);
  writeFileSync(join(folder, "a.png"), "no text");
  const stream = startExample("entity-stream/entities", [
    ...["--model", MODEL, "--folder", folder, "--interval", "0.02"],
  ]);
  const given: { file: string; entities: EntityPrediction[] }[] = [];
  for (const [index, file] of files.entries()) {
    if (index > 0) writeFileSync(file, TEXTS[index]!);
    given.push(JSON.parse(await stream.nextLine()));
  }
  stream.child.kill("SIGINT");
  assert.deepEqual(await stream.ended, { code: 0, stderr: "" });
  const named = given.map(({ file }) => file);
  assert.deepEqual(named, files);
  assert.ok(given[0]!.entities.length > 0);
  for (const [index, { entities }] of given.entries())
    for (const { start, end, text } of entities) assert.equal(TEXTS[index]!.slice(start, end), text);
});

test("lines of a stream are answered before its end; where nothing more is to be read, it ends as at its end", async () => {
  const controller = new AbortController();
  const input = new PassThrough();
  input.write(`${TEXTS[0]}\n`);
  const given: unknown[] = [];
  for await (const line of entityLines(finder, linesOf(input, controller.signal))) {
    given.push(JSON.parse(line));
    if (given.length === 1) input.write("\nthe rest");
    else controller.abort();
  }
  assert.deepEqual(given, [
    { line: 1, entities: [] },
    { line: 2, entities: [] },
  ]);
});

test("a file that has changed since it was read is read again", async () => {
  const folder = temporaryDirectory();
  const file = join(folder, "a.txt");
  const controller = new AbortController();
  const following = { follow: true, interval: 5, signal: controller.signal };
  const files = filesIn(folder, following);
  writeFileSync(file, "part");
  assert.deepEqual(await files.next(), { done: false, value: { file, text: "part" } });
  writeFileSync(file, " and the rest", { flag: "a" });
  assert.deepEqual((await files.next()).value, { file, text: "part and the rest" });
  controller.abort();

  const once = { ...following, follow: false, signal: new AbortController().signal };
  const [first, ...others] = await Readable.from(filesIn(folder, once)).toArray();
  assert.deepEqual([first, others], [{ file, text: "part and the rest" }, []]);
  rmSync(file);
  assert.deepEqual(await Readable.from(filesIn(folder, once)).toArray(), []);
});

test("whoever takes no lines holds up the reading", async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Text> {
    for (;;) yield { text: "the film", line: ++read };
  }
  let taken = 0;
  const controller = new AbortController();
  const stalled = new Writable({ objectMode: true, highWaterMark: 1, write: () => taken++ });
  const { signal } = controller;
  const ending = pipeline(Readable.from(entityLines(finder, endless())), stalled, { signal });
  for (let before = -1; taken === 0 || before < read; await setTimeout(20)) before = read;
  assert.ok(read >= 1 && read <= 1024, `${read} texts were read`);
  assert.equal(taken, 1);
  controller.abort();
  await assert.rejects(ending, { name: "AbortError" });
});
