import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { chooseRows, uncertaintyOf } from "../../examples/active-labelling/choose.js";
import { personAt } from "../../examples/active-labelling/terminal.js";
import { openRows } from "../../examples/json-lines.js";
import { TINY_MODEL } from "../cli/command-line.js";
import { writeTsv } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { type Example, startExample } from "./start-example.js";

const NOUNS = ["film", "story", "cast", "plot", "scene", "music", "actor", "ending"];
const COMMON = { good: "positive", bad: "negative" };
const RARE = {
  ...{ great: "positive", warm: "positive", bright: "positive", funny: "positive", quick: "positive" },
  ...{ poor: "negative", cold: "negative", dull: "negative", slow: "negative", never: "negative" },
};

/** Texts whose adjective tells the label: so many of each, no two the same. */
function textsOf(labels: Record<string, string>, count: number): { text: string; label: string }[] {
  return Object.entries(labels).flatMap(([adjective, label], first) =>
    Array.from({ length: count }, (_, index) => {
      const [noun, other] = [NOUNS[(first + index) % 8]!, NOUNS[(first + (index >> 3)) % 8]!];
      return { text: `the ${noun} of the ${other} was ${adjective}${index < 64 ? "" : " to watch"}`, label };
    }),
  );
}

const folder = temporaryDirectory();
/** Of 270 rows, eight in nine have one of two adjectives, and the others one of ten. */
const pool = [...textsOf(COMMON, 120), ...textsOf(RARE, 3)];
const rows = [
  ...["--model", TINY_MODEL, "--pool", writeTsv(join(folder, "pool.tsv"), pool)],
  ...["--test", writeTsv(join(folder, "test.tsv"), [...textsOf(COMMON, 8), ...textsOf(RARE, 8)])],
];
const training = ["--epochs", "40", "--learning-rate", "2e-3"];

test("a row is chosen for its uncertainty and for being unlike those that are known or chosen", () => {
  const vectors = [
    [1, 0],
    [1, 0],
    [0.6, 0.8],
    [0, 1],
    [-1, 0],
  ].map((vector) => Float32Array.from(vector));
  const uncertainties = [1, 0.9, 0.5, 0.5, 0];
  assert.deepEqual(chooseRows({ vectors, uncertainties, known: [], count: 3 }), [0, 3, 2]);
  assert.deepEqual(chooseRows({ vectors, uncertainties, known: [0, 2, 3], count: 9 }), [1, 4]);
  assert.equal(uncertaintyOf({ a: 0.5, b: 0.25, c: 0.25 }), 0.75);
});

test("a person answers with numbers, names, s and q; what is none of them is asked again; the end of the input stops", async () => {
  const output = new PassThrough();
  const input = Readable.from(["2\nthree\n", "0\n", "3\nb\ns\nq\n", "1"]);
  using person = personAt(input, output, ["a", "b"]);
  const replies = [];
  for (let asked = 0; asked < 6; asked++) replies.push(await person.ask(`text ${asked}`));
  const label = (name: string) => ({ type: "label", label: name });
  const stop = { type: "stop" };
  assert.deepEqual(replies, [label("b"), label("b"), { type: "skip" }, stop, label("a"), stop]);
  const shown = output.read().toString();
  assert.match(shown, /^\ntext 0\n1 a {2}2 b {2}s skip {2}q quit\n> /);
  assert.equal(shown.match(/Expected a number from 1 to 2, a label, s or q\n/g)?.length, 3);
});

test("an answer is on disk before the next question, and the labelling goes on where it was killed", async () => {
  const outputDir = join(folder, "killed");
  const answers = join(outputDir, "answers.jsonl");
  const known = { text: pool[0]!.text, label: "positive" };
  mkdirSync(outputDir);
  writeFileSync(answers, `${JSON.stringify(known)}\n{"text": "cut short by`);
  const example = startExample("active-labelling/label", [
    ...[...rows, ...training, "--per-round", "3", "--rounds", "1", "--output-dir", outputDir],
  ]);
  const second = await nextQuestion(example);
  example.child.stdin.write("1\n");
  const third = await nextQuestion(example);
  assert.deepEqual(await openRows(answers), [known, { text: second, label: "negative" }]);
  example.child.stdin.write("s\n");
  const { code, stderr } = await example.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual((await openRows(answers)).slice(2), [{ text: third, label: null }]);
  assert.equal(new Set([known.text, second, third]).size, 3);
  const shown = (await allLines(example)).join("\n");
  assert.match(shown, /^ {4}2 labels {2}accuracy [01]\.\d{3} {2}█+$/m);
  assert.ok(existsSync(join(outputDir, "model/libbert_calibration.json")));
});

test("a model that chooses its rows asks for more of the rare ones than come at random", async () => {
  const outputDir = join(folder, "simulated");
  const example = startExample("active-labelling/label", [
    ...[...rows, ...training, "--simulate", "--per-round", "18", "--rounds", "2", "--output-dir", outputDir],
  ]);
  const { code, stderr } = await example.ended;
  assert.equal(code, 0, stderr);
  const shown = await allLines(example);
  const points = shown.flatMap((line) => /^ +(\d+) labels {2}accuracy (\S+)/.exec(line)?.slice(1) ?? []);
  assert.deepEqual(
    points.filter((_, index) => index % 2 === 0),
    ["18", "36", "18", "36"],
  );
  const chosen = await rareIn(join(outputDir, "chosen-by-the-model.jsonl"));
  const random = await rareIn(join(outputDir, "chosen-at-random.jsonl"));
  assert.ok(chosen >= 2 * random && chosen >= 6, `${chosen} and ${random}`); // by chance it would be 2 of 18
});

/** How many texts of the second round have one of the rare adjectives. */
async function rareIn(answers: string): Promise<number> {
  const second = (await openRows<{ text: string }>(answers)).slice(18);
  return second.filter(({ text }) => Object.keys(RARE).some((adjective) => text.includes(` ${adjective}`)))
    .length;
}

/** The text that is asked for next: it stands before the menu. */
async function nextQuestion(example: Example): Promise<string> {
  let before = "";
  for (;;) {
    const line = await example.nextLine();
    if (line.startsWith("1 negative  2 positive")) return before;
    before = line;
  }
}

async function allLines({ lines }: Example): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
