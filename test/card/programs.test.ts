import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { PRETRAINED_USES } from "../../lib/pre-training/card.js";
import { tinyRun } from "../session/support.js";
import { goldenPath } from "../support/golden.js";
import { inPython, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();

/** A saved model of each kind, whose card has programs. */
const models = [
  "classification",
  "multi-label",
  "regression",
  "reranking",
  "multiple-choice",
  "token-classification",
  "question-answering",
  "masked-words",
  "encoder",
].map(folderOf);

function folderOf(kind: string): string {
  return join(folder, `tiny ${kind}`);
}

before(async () => {
  const options = { ...tinyRun, limit: 4 };
  const texts = ["a good film", "a bad film"];
  const label = (text: string) => ({ text, label: text.includes("good") ? "yes" : "no" });
  const trained = [
    await fineTune({ ...options, train: texts.map(label), outputDir: folderOf("classification") }),
    await fineTune({
      ...{ ...options, task: "multi-label", outputDir: folderOf("multi-label") },
      train: texts.map((text) => ({ text, labels: [label(text).label] })),
    }),
    await fineTune({
      ...{ ...options, task: "regression", outputDir: folderOf("regression") },
      train: texts.map((text) => ({ text, score: text.length })),
    }),
    await fineTune({
      ...{ ...options, task: "reranking", outputDir: folderOf("reranking") },
      train: texts.map((document, label) => ({ query: "a film", document, label })),
    }),
    await fineTune({
      ...{ ...options, task: "multiple-choice", outputDir: folderOf("multiple-choice") },
      train: texts.map((context) => ({ context, choices: texts, label: 0 })),
    }),
  ];
  for (const model of trained) await model.dispose();
  for (const [kind, name] of [
    ["token-classification", "tiny-bert-tokens"],
    ["question-answering", "tiny-bert-questions"],
    ["masked-words", "tiny-bert-pretraining"],
    ["encoder", "families/tiny-bert-unigram"],
  ] as const) {
    await using model = await loadModel(goldenPath(name));
    await model.save(folderOf(kind));
  }
});

/** The programs of a card in a language, with the path of the model in the place of its name. */
function programsOf(directory: string, language: string): string[] {
  const card = readFileSync(join(directory, "README.md"), "utf8");
  const blocks = card.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, "gms"));
  const [name, path] = [basename(directory), directory].map((text) => JSON.stringify(text));
  return [...blocks].map(([, program]) => program!.replaceAll(name!, path!));
}

test("the card of each kind of model has a program for libbert that runs", async () => {
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  for (const directory of models) {
    const [program] = programsOf(directory, "ts");
    assert.match(program!, /^import \{ loadModel \} from "libbert";\n/);
    const printed: unknown[] = [];
    const body = program!.replace(/^import .*\n/, "");
    await AsyncFunction(
      "loadModel",
      "console",
      body,
    )(loadModel, { log: (value: unknown) => printed.push(value) });
    assert.equal((printed[0] as unknown[]).length, 1, directory);
  }
});

test("and one for transformers that runs", { skip: withoutPython }, async () => {
  const programs = models.flatMap((directory) => programsOf(directory, "python"));
  assert.equal(programs.length, models.length);
  const causal = PRETRAINED_USES.causal.transformers(JSON.stringify(goldenPath("tiny-bert-pretraining")));
  const runner = `
import contextlib, io, json, sys
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(json.loads(line), {})
    print(json.dumps(printed.getvalue()))
`;
  const printed = await inPython<string>(runner, [], ...programs, causal);
  assert.equal(printed.length, programs.length + 1);
  for (const [index, text] of printed.entries()) assert.notEqual(text, "", programs[index]);
});
