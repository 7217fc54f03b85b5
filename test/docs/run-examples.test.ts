import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { filesOf, TOKEN } from "../hub/hub-model.js";
import { type HubServer, startHub } from "../hub/hub-server.js";
import { hubEnvironment } from "../hub/support.js";
import { goldenPath } from "../support/golden.js";
import { compileBlocks, createApplication, programOf } from "./application.js";
import { allPages, type Block } from "./pages.js";

/** The program, beside these tests as they were compiled. */
const LIBBERT = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));

const pages = allPages();
const examples = pages.flatMap(({ blocks }) => blocks).filter(({ isRun }) => isRun);

const TEXTS = ["a good film", "a bad film", "the movie is fine", "it was not good"];
const LABELS = ["positive", "negative"];
const rows = TEXTS.map((text, index) => ({ text, label: LABELS[index % 2]! }));
const table = ["text\tlabel", ...rows.map(({ text, label }) => `${text}\t${label}`)].join("\n");
const squad = {
  version: "v2.0",
  data: [
    {
      title: "Ada",
      paragraphs: [
        {
          context: "Ada wrote it.",
          qas: [
            { id: "1", question: "Who wrote it?", answers: [{ text: "Ada", answer_start: 0 }] },
            { id: "2", question: "Who read it?", answers: [], is_impossible: true },
          ],
        },
      ],
    },
  ],
};
const swag = [
  "sent1,sent2,ending0,ending1,label",
  "She picks up the guitar.,She,plays a song.,eats it.,0",
  "He opens the door.,He,eats it.,walks in.,1",
].join("\n");

const questions = [
  { query: "How do I reset my password?", positive: "Click on 'Forgot password'." },
  { query: "Where do you ship to?", positive: "We ship to Europe and Asia." },
]
  .map((row) => JSON.stringify(row))
  .join("\n");

const rankings = [
  { query: "Where do you ship to?", positive: "We ship to Europe.", negatives: ["Click here.", "Call us."] },
  { query: "How do I reset it?", positive: "Click here.", negatives: ["Call us."] },
]
  .map((row) => JSON.stringify(row))
  .join("\n");

/** What the examples name, in the folder where they run: files, and directories of tiny models. */
const FILES: Record<string, string> = {
  "train.tsv": table,
  "dev.tsv": table,
  "test.tsv": table,
  "own-texts.txt": TEXTS.join("\n"),
  "train.conll": "Anna B-person\nmoved O\nto O\nNew B-place\nYork I-place\n\nShe O\nstayed O\n",
  "dev.conll": "Anna B-person\nmoved O\n",
  "train-v2.0.json": JSON.stringify(squad),
  "dev-v2.0.json": JSON.stringify(squad),
  "swag/train.csv": swag,
  "questions.jsonl": questions,
  "questions-dev.jsonl": questions,
  "rankings.jsonl": rankings,
  "rankings-dev.jsonl": rankings,
  "more/reviews.csv": table.replaceAll("\t", ","),
};
const MODELS: Record<string, string> = {
  "path/to/bert": "tiny-bert",
  "path/to/roberta": "families/tiny-roberta",
  "path/to/cross-encoder": "cross-encoder",
  "path/to/pytorch": "formats/pytorch-legacy",
  "uncased_L-2_H-8_A-2": "formats/tensorflow",
  "runs/pretrained": "tiny-bert-pretraining",
};

const application = createApplication();

/** Where models are fetched that examples name. */
let hub: HubServer;
after(() => hub.stop());

before(async () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(application, path)), { recursive: true });
    writeFileSync(join(application, path), `${text}\n`);
  }
  for (const [path, name] of Object.entries(MODELS))
    cpSync(goldenPath(name), join(application, path), { recursive: true });
  cpSync(goldenPath("parquet/reviews.parquet"), join(application, "test.parquet"));
  encoderAlone("path/to/bert", "path/to/all-MiniLM-L6-v2");
  const files = filesOf(join(application, "path/to/all-MiniLM-L6-v2"));
  hub = await startHub({
    "sentence-transformers/all-MiniLM-L6-v2": { commit: "a".repeat(40), files },
    "datasets/tiny-org/reviews": {
      commit: "b".repeat(40),
      files: { "default/test/0000.parquet": readFileSync(goldenPath("parquet/reviews.parquet")) },
      tags: ["refs/convert/parquet"],
    },
  });
  writeFileSync(join(application, "libbert"), `#!/bin/sh\nexec "${process.execPath}" "${LIBBERT}" "$@"\n`, {
    mode: 0o755,
  });
  const errors = await compileBlocks(
    application,
    examples.filter(({ language }) => language === "ts"),
  );
  assert.deepEqual(errors, []);
});

/** Copies a model whose files say that it has no task. */
function encoderAlone(from: string, to: string): void {
  cpSync(join(application, from), join(application, to), { recursive: true });
  const path = join(application, to, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, architectures: ["BertModel"] }));
}

function run(block: Block) {
  const env = {
    ...process.env,
    ...hubEnvironment(hub.url, join(application, "huggingface")),
    HF_TOKEN: TOKEN,
    PATH: `${application}${delimiter}${process.env.PATH}`,
  };
  const options = { cwd: application, env, timeout: 60_000 };
  if (block.language === "sh") return promisify(execFile)("sh", ["-ec", block.lines.join("\n")], options);
  return promisify(execFile)(process.execPath, [join("compiled", `${programOf(block)}.js`)], options);
}

for (const { blocks } of pages) {
  for (const [index, block] of blocks.entries()) {
    if (!block.isRun) continue;
    const next = blocks[index + 1];
    const output = next?.isOutput ? next : null;
    const prints = output ? ", prints what the page says" : "";
    test(`The example of ${block.page}, line ${block.firstLine}, runs${prints} and ends by itself`, async () => {
      const { stdout } = await run(block);
      if (output) assert.equal(stdout.trimEnd(), output.lines.join("\n"));
    });
  }
}

/** Pages whose code takes minutes or another machine, and pages without any. */
const NOT_RUN = [
  "docs/architecture.md",
  "docs/compatibility.md",
  "docs/measurements.md",
  "docs/options.md",
  "docs/reliability.md",
];

test("Every page of docs/ and the README have an example that is run", () => {
  const expected = pages.map(({ path }) => path).filter((path) => /^(README|docs\/)/.test(path));
  const withExample = expected.filter((path) => examples.some(({ page }) => page === path));
  assert.deepEqual(
    expected.filter((path) => !withExample.includes(path)),
    NOT_RUN,
  );
});
