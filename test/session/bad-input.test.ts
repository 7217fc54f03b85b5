import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import {
  ablate,
  convert,
  type FineTuneOptions,
  fineTune,
  inspectData,
  loadModel,
  type Model,
  pretrain,
} from "../../lib/index.js";
import { assertFails, assertRunFails, directory, train } from "./refusals.js";
import { TINY, tinyRun } from "./support.js";
import { assertNothingLeft, startedWorkers } from "./workers.js";

let model: Model;
before(async () => {
  model = await fineTune({ ...tinyRun, train });
});
after(() => model.dispose());

afterEach(() => assertNothingLeft(1)); // the shared model's thread

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test("rows that cannot be read: the error names the file and the line", async () => {
  const cases: [FineTuneOptions["train"], string | RegExp][] = [
    [join(directory, "nowhere.tsv"), /^DIR\/nowhere\.tsv: Expected a readable file but received ENOENT/],
    [
      directory,
      "DIR: Expected a file that ends in .tsv, .csv, .jsonl or .parquet but received a folder: name its files, or a pattern such as DIR/*.tsv",
    ],
    [
      file("rows", "a"),
      "DIR/rows: Expected a file that ends in .tsv, .csv, .jsonl or .parquet but received no extension",
    ],
    [
      file("rows.xml", "<a/>"),
      "DIR/rows.xml: Expected a file that ends in .tsv, .csv, .jsonl or .parquet but received .xml",
    ],
    [file("empty.tsv", ""), "DIR/empty.tsv: Expected at least one row but received none"],
    [file("header.csv", "text,label\n"), "DIR/header.csv: Expected at least one row but received none"],
    [
      file("short.tsv", "text\tlabel\na film\tgood\na story\n"),
      'DIR/short.tsv, line 3: Expected 2 columns ("text", "label") but received 1',
    ],
    [
      file("names.csv", "review,title,label\na film,one,good\n"),
      /^DIR\/names\.csv, line 2: Expected a column named "text" or "sentence" .* but received the columns "review", "title", "label": name the right one with columns.text$/,
    ],
    [
      file("unlabelled.jsonl", '{"text": "a film", "label": "good"}\n{"text": "a story"}\n'),
      'DIR/unlabelled.jsonl, line 2: Expected a column named "label" but received the columns "text": name the right one with columns.label',
    ],
    [file("broken.jsonl", '{"text": "a film"\n'), /^DIR\/broken\.jsonl, line 1: Expected a JSON object/],
    [[], "train: Expected at least one row but received none"],
    [[...train, "a film" as never], /^train, row 91: Expected an object such as .* but received "a film"$/],
    [
      [...train, { text: 5, label: "good" }],
      'train, row 91: Expected a string in column "text" but received 5',
    ],
    [
      [...train, { text: "a film", label: {} }],
      "train, row 91: Expected a string, finite number or boolean for the label but received {}",
    ],
  ];
  for (const [source, message] of cases)
    await assertRunFails({ train: source }, { code: "ERR_DATA", message });
});

test("labels that cannot be learnt or are not known: the error names the place and the labels", async () => {
  const code = "ERR_DATA";
  await assertRunFails(
    { train: [{ text: "a film", label: "good" }] },
    { code, message: 'training rows: Expected at least two different labels but received only "good"' },
  );
  const known = 'Expected one of the labels "negative", "positive" but received "mixed"';
  const mixed = { text: "a film", label: "mixed" };
  const tsv = file("mixed.tsv", "text\tlabel\na film\tpositive\na plot\tmixed\n");
  await assertRunFails({ validation: tsv }, { code, message: `DIR/mixed.tsv, line 3: ${known}` });
  await assertRunFails({ validation: [mixed] }, { code, message: `validation, row 1: ${known}` });
  await assertRunFails(
    { train: [...train, mixed], labels: ["negative", "positive"] },
    { code, message: `train, row 91: ${known}` },
  );
  await assertFails(model.evaluate(tsv), { code, message: `DIR/mixed.tsv, line 3: ${known}` });
  await assertFails(model.evaluate([...train, mixed]), { code, message: `source, row 91: ${known}` });
  await assertFails(model.evaluate([]), {
    code,
    message: "source: Expected at least one row but received none",
  });
});

test("texts that are no texts are named by their place", async () => {
  const code = "ERR_OPTION";
  const cases: [unknown, string][] = [
    ["a film", 'Expected an array of inputs for inputs but received "a film"'],
    [undefined, "Expected an array of inputs for inputs but received undefined"],
    [["a film", 7], "Expected a string or a pair of strings for inputs.1 but received 7"],
    [["a film", null], "Expected a string or a pair of strings for inputs.1 but received null"],
    [
      [["a", "b", "c"]],
      "Expected a string or a pair of strings for inputs.0 but received an array of 3 elements",
    ],
  ];
  for (const [texts, message] of cases) await assertFails(model.predict(texts as never), { code, message });
  const message = 'Expected an iterable of inputs for inputs but received "a film"';
  assert.throws(() => model.predictStream("a film" as never), { code, message });
});

test("calls with wrong arguments are refused before anything happens", async () => {
  const code = "ERR_OPTION";
  const expectations: [Promise<unknown>, string][] = [
    [model.predict([], { singal: null } as never), 'Unknown option "singal": did you mean signal?'],
    [model.evaluate(5 as never), "Expected files' paths or an iterable of rows for source but received 5"],
    [model.evaluate([], { colums: {} } as never), 'Unknown option "colums": did you mean columns?'],
    [model.save(5 as never), "Expected the path of a directory for outputDir but received 5"],
    [model.save("x", { overwrite: 1 } as never), "Expected a boolean for overwrite but received 1"],
    [loadModel(5 as never), "Expected the path of a model directory for model but received 5"],
    [loadModel(TINY, { dtypes: "float32" } as never), 'Unknown option "dtypes": did you mean dtype?'],
  ];
  for (const [call, message] of expectations) await assertFails(call, { code, message });
});

test("a model, a teacher and rows that are not there are refused before a thread is started for them", async () => {
  const threads = startedWorkers.length;
  const nowhere = join(directory, "nowhere");
  const outputDir = join(directory, "run");
  const continued = { data: directory, steps: 1, batchSize: 1, learningRate: 1e-4, continueFrom: nowhere };
  const nothingThere = {
    code: "ERR_CHECKPOINT",
    message: /^Expected a model directory with a config\.json but there is no DIR\/nowhere$/,
  };
  const cases: [() => Promise<unknown>, Parameters<typeof assertFails>[1]][] = [
    [() => loadModel(nowhere), nothingThere],
    [() => fineTune({ ...tinyRun, model: nowhere, train }), nothingThere],
    [() => fineTune({ ...tinyRun, teacher: nowhere, train }), nothingThere],
    [
      () => fineTune({ ...tinyRun, teacher: file("teacher", ""), train }),
      {
        code: "ERR_CHECKPOINT",
        message: /^Expected a model directory with a config\.json but DIR\/teacher is a file$/,
      },
    ],
    [
      () => loadModel(join(file("no-folder", ""), "model")),
      {
        code: "ERR_CHECKPOINT",
        message: /^Expected a model directory with a config\.json but there is no DIR\/no-folder\/model$/,
      },
    ],
    [
      () => loadModel(`./${"long".repeat(100)}`),
      { code: "ERR_CHECKPOINT", message: /^Expected a model directory with a config\.json but there is no / },
    ],
    [() => convert({ model: nowhere, outputDir: join(directory, "converted") }), nothingThere],
    [() => pretrain({ ...continued, outputDir }), nothingThere],
    [() => ablate({ base: continued, variants: { one: {} }, outputDir }), nothingThere],
    [
      () => fineTune({ ...tinyRun, train, validation: nowhere }),
      { code: "ERR_DATA", message: /^DIR\/nowhere: Expected a readable file/ },
    ],
    [
      () => inspectData({ task: "classification", data: nowhere }),
      { code: "ERR_DATA", message: /^DIR\/nowhere: Expected a readable/ },
    ],
  ];
  for (const [call, refusal] of cases) await assertFails(call(), refusal);
  assert.equal(startedWorkers.length, threads);
});

test("more tokens than the model has positions for are refused", async () => {
  await assertRunFails(
    { maxSeqLength: 65 },
    {
      code: "ERR_OPTION",
      message: "Expected at most 64, the model's longest input, for maxSeqLength but received 65",
    },
  );
});

test("a device that is not there is refused by name, and the processor does not step in for it", async () => {
  for (const device of ["cuda", "cuda:1"]) {
    const message = new RegExp(`^Expected "auto" or "cpu" for device but received "${device}"`);
    await assertRunFails({ device }, { code: "ERR_OPTION", message });
    await assertFails(loadModel(TINY, { device }), { code: "ERR_OPTION", message });
  }
});
