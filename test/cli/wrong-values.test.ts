import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import type { Command, Option } from "commander";
import { createProgram } from "../../lib/cli/program.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const { commands } = await createProgram();
const folder = temporaryDirectory();
const inFolder = (name: string) => join(folder, name);

before(() => {
  writeFileSync(inFolder("rows.tsv"), "text\tlabel\na\tb\nc\td\n");
  writeFileSync(inFolder("pairs.tsv"), "anchor\tpositive\na\tb\nc\td\n");
  writeFileSync(inFolder("labelled.tsv"), "text\tlabel\na\tpositive\nc\tnegative\n");
  mkdirSync(inFolder("run"));
  writeFileSync(inFolder("run/log.jsonl"), '{"type":"step","step":1,"loss":1}\n');
  writeFileSync(inFolder("text.txt"), "a sentence .\n");
  writeFileSync(inFolder("list.json"), "[1]");
  writeFileSync(inFolder("broken.json"), '{\n"a"\n');
  const base = { data: inFolder("none"), size: "tiny", steps: 1 };
  writeFileSync(inFolder("ablation.json"), JSON.stringify({ base, variants: { one: {} } }));
});

const MODEL = ["--model", TINY_MODEL, "--device", "cpu"];
const TRAINING = ["--task", "classification", ...MODEL, "--train", inFolder("rows.tsv")];
const OUTPUT = ["--output-dir", inFolder("output")];

/** Words with which each command would run, but for what a test gives it. */
const COMPLETE: Record<string, string[]> = {
  inspect: ["--task", "classification", "--data", inFolder("rows.tsv")],
  "fine-tune": TRAINING,
  distill: [
    ...["--teacher", goldenPath("sentence/encoder"), "--train", inFolder("text.txt")],
    ...["--layers", "1", "--device", "cpu"],
  ],
  search: [...TRAINING, "--validation", inFolder("rows.tsv"), ...OUTPUT],
  "find-lr": TRAINING,
  evaluate: [...MODEL, "--data", inFolder("rows.tsv")],
  calibrate: [...MODEL, "--validation", inFolder("labelled.tsv"), ...OUTPUT],
  predict: [...MODEL, "--text", "a film"],
  explain: [...MODEL, "--text", "a film"],
  serve: [...MODEL, "--port", "0"],
  features: [...MODEL, "--text", "a film"],
  embed: [...MODEL, "--text", "a film"],
  rank: [
    ...["--model", goldenPath("cross-encoder"), "--device", "cpu"],
    ...["--query", "who?", "--document", "a film"],
  ],
  mine: [...MODEL, "--pairs", inFolder("pairs.tsv")],
  "evaluate-retrieval": [...MODEL, "--pairs", inFolder("pairs.tsv")],
  glue: [
    ...[...MODEL, "--labels", "entailment,neutral,contradiction"],
    ...["--recipe", "glue/mnli", "--data-dir", inFolder("none")],
  ],
  vocab: ["--input", inFolder("text.txt"), "--size", "40", ...OUTPUT],
  prepare: ["--input", inFolder("text.txt"), "--vocab", TINY_MODEL, ...OUTPUT],
  pretrain: ["--data", inFolder("none"), "--steps", "1", ...OUTPUT],
  "fill-mask": [...MODEL, "--text", "a [MASK]"],
  ablate: ["--config", inFolder("ablation.json"), ...OUTPUT],
  export: ["--model", TINY_MODEL, ...OUTPUT],
  convert: ["--model", TINY_MODEL, ...OUTPUT],
  pull: ["--model", "organisation/none", "--local-files-only"],
  push: ["--model", TINY_MODEL, "--repository", "organisation/none"],
  report: [inFolder("run")],
  completion: ["bash"],
  setup: [],
  doctor: [],
  launch: ["--processes", "1"],
};

/** `--steps <updates>` is `updates`; a switch has none. */
function argumentOf({ flags }: Option): string | undefined {
  return /<(.*)>$/.exec(flags)?.[1];
}

const UNITS =
  "number numbers documents rows pairs layers tokens updates evaluations seconds minutes inputs bytes steps sequences size".split(
    " ",
  );
const OTHERS = ["device", "dtype", "weights", "threshold", "part", "split"];
const BUDGETS = ["budget"];
const LISTS = ["a,b,...", "labels"];
const HUB_NAMES = ["name", "repository"];
const FILES = ["file", "file...", "path..."];
const FOLDERS = ["model", "model...", "teacher", "ranker", "vocab", "data", "from", "folder"];
const OUTPUTS = ["dir", "output", "report"];
/** Any text is a value of these, or the task says which. */
const TEXTS = [
  ...[
    "text",
    "pair",
    "question",
    "context",
    "prompt",
    "license",
    "message",
    "query",
    "document...",
    "choice...",
  ],
  ...["column", "field", "metric", "revision", "token", "qrels", "target", "host", "with"],
];

/** What is no value of an option, whatever the rest of the command line is. */
function wrongValues(option: Option): string[] {
  const argument = argumentOf(option);
  if (argument === undefined) return [];
  if (option.argChoices) return ["", "nonsense", "NaN"];
  if (UNITS.includes(argument)) return ["", "abc", "NaN", "-Infinity", "1e999", "1,2"];
  if (OTHERS.includes(argument)) return ["", "nonsense", "NaN", "a,b=1"];
  if (BUDGETS.includes(argument)) return ["", "soon", "0s", "-5m", "20", "3 films"];
  if (LISTS.includes(argument)) return ["", ",", "a,,b"];
  if (option.long!.endsWith("prompt-name")) return [""]; // the model is loaded first: it says which there are
  if (HUB_NAMES.includes(argument)) return ["", "a/b/c", "a b", "./a"];
  return TEXTS.includes(argument) ? [] : [""];
}

function commandLine(command: Command, { long }: Option, value: string): string[] {
  const words = [...COMPLETE[command.name()]!];
  for (const other of long === "--input" ? ["--input", "--text"] : [long!]) {
    const at = words.indexOf(other);
    if (at >= 0) words.splice(at, 2);
  }
  const program = command.name() === "launch" ? [process.execPath, "--version"] : [];
  return [command.name(), ...words, `${long}=${value}`, ...program];
}

/** One sentence on standard error that names the option, or the place; notes and progress may come before. */
async function assertRefused(words: string[], places: readonly string[], statuses: readonly number[]) {
  const { status, stderr } = await libbertInProcess(words);
  const shown = `${words.join(" ")}\nexit code ${status}: ${stderr}`;
  assert.ok(statuses.includes(status), shown);
  const lines = stderr.trimEnd().split("\n");
  const said = lines.findIndex((line) => line.startsWith("libbert: "));
  assert.equal(said, lines.length - 1, shown);
  assert.doesNotMatch(stderr, / loss \d/, "nothing was computed before");
  assert.ok(
    places.some((place) => lines[said]!.includes(place)),
    shown,
  );
}

for (const command of commands) {
  const name = command.name();
  test(`libbert ${name} refuses a value of the wrong kind of each of its options, by name`, async () => {
    for (const option of command.options) {
      for (const value of wrongValues(option))
        await assertRefused(commandLine(command, option, value), [option.long!], [2]);
    }
    assert.ok(!readdirSync(folder).includes("output"));
  });

  test(`libbert ${name} refuses switches with a value, unknown options and words that it does not take`, async () => {
    const words = [name, ...COMPLETE[name]!];
    for (const { long, required } of command.options)
      if (!required) await assertRefused([...words, `${long}=yes`], [long!], [2]);
    await assertRefused([...words, "--no-such-option", "1"], ["--no-such-option"], [2]);
    const takesWords =
      command.registeredArguments.length > 0 || command.options.some(({ variadic }) => variadic);
    if (!takesWords) await assertRefused([...words, "a-word"], ["a-word"], [2]);
  });

  test(`libbert ${name} names the option that a misspelt one most likely meant`, async () => {
    for (const { long } of command.options) {
      const misspelt = `${long}x`;
      if (command.options.some((other) => other.long === misspelt)) continue;
      const nearest =
        long === "--seed" && ["fine-tune", "distill"].includes(name) ? "one of --seed, --seeds" : long;
      const { status, stderr } = await libbertInProcess([name, misspelt, "1"]);
      assert.equal(stderr, `libbert: unknown option '${misspelt}'. Did you mean ${nearest}?\n`);
      assert.equal(status, 2);
    }
  });
}

/** Places that no file or folder of the kind is at. */
function wrongPlaces(argument: string): string[] {
  if (FILES.includes(argument)) return [folder, inFolder("none/none")];
  if (FOLDERS.includes(argument)) return [inFolder("rows.tsv"), inFolder("none/none")];
  return OUTPUTS.includes(argument) ? [inFolder("rows.tsv/none"), "/proc/none"] : [];
}

for (const command of commands) {
  test(`libbert ${command.name()} refuses files and folders that are not what its options expect, and leaves all as it was`, async () => {
    const before = readdirSync(folder, { recursive: true });
    for (const option of command.options) {
      if (option.long === "--cache-dir") continue; // not looked at beside a model's folder
      for (const place of wrongPlaces(argumentOf(option) ?? ""))
        await assertRefused(commandLine(command, option, place), [option.long!, place], [1, 2]);
    }
    assert.deepEqual(readdirSync(folder, { recursive: true }), before);
  });
}

test("every option is of a kind that has wrong values, or takes any text", () => {
  const kinds = [
    ...UNITS,
    ...OTHERS,
    ...BUDGETS,
    ...LISTS,
    ...HUB_NAMES,
    ...FILES,
    ...FOLDERS,
    ...OUTPUTS,
    ...TEXTS,
  ];
  for (const command of commands)
    for (const option of command.options) {
      const argument = argumentOf(option);
      const isKnown = argument === undefined || option.argChoices || kinds.includes(argument);
      assert.ok(isKnown, `${command.name()} ${option.flags}`);
    }
});

test("what no run could have, or would have twice, is refused by name", async () => {
  const refused: [name: string, option: string, value: string][] = [
    ["pretrain", "--batch-size", "9007199254740991"],
    ["fine-tune", "--metric", "nonsense"],
    ["search", "--batch-size", "16,16"],
    ["search", "--learning-rate", "1e-3,0.001"],
    ["search", "--rungs", "200,100"],
    ["ablate", "--config", inFolder("list.json")],
    ["ablate", "--config", inFolder("broken.json")],
    ["pretrain", "--config", inFolder("broken.json")],
    ["search", "--grid", inFolder("none")],
  ];
  for (const [name, long, value] of refused) {
    const command = commands.find((one) => one.name() === name)!;
    const option = command.options.find((one) => one.long === long)!;
    await assertRefused(commandLine(command, option, value), [long], [2]);
  }
});
