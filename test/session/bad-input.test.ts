import "../support/one-thread.js";

import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { type FineTuneOptions, fineTune, loadModel, type Model } from "../../lib/index.js";
import { onSmallDisk } from "../support/small-disk.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";
import { assertNothingLeft } from "./workers.js";

const directory = temporaryDirectory();
const train = rowsOf(90);

let model: Model;
before(async () => {
  model = await fineTune({ ...tinyRun, train });
});
after(() => model.dispose());

afterEach(() => assertNothingLeft(1)); // the shared model's thread

interface ExpectedError {
  code: string;
  /** The whole message; DIR stands for the directory of the test's files. */
  message: string | RegExp;
}

async function assertFails(call: Promise<unknown>, { code, message }: ExpectedError): Promise<void> {
  const error = await failureOf(call);
  assert.equal(error.name, "LibbertError", error.stack);
  assert.equal(error.code, code, error.message);
  const text = error.message.replaceAll(directory, "DIR");
  if (typeof message === "string") assert.equal(text, message);
  else assert.match(text, message);
}

/** A run that fails must not leave anything in its output directory. */
async function assertRunFails(options: Partial<FineTuneOptions>, expected: ExpectedError): Promise<void> {
  const outputDir = join(directory, "out");
  await assertFails(fineTune({ ...tinyRun, train, outputDir, ...options }), expected);
  if (existsSync(outputDir)) assert.deepEqual(readdirSync(outputDir), []);
}

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** A copy of the tiny model's directory, to be damaged. */
function copyOfTiny(name: string): string {
  const copy = join(directory, name);
  cpSync(TINY, copy, { recursive: true });
  return copy;
}

function changeJson(path: string, change: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, "utf8"));
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

test("rows that cannot be read: the error names the file and the line", async () => {
  const cases: [FineTuneOptions["train"], string | RegExp][] = [
    [join(directory, "nowhere.tsv"), /^DIR\/nowhere\.tsv: Expected a readable file but received ENOENT/],
    [directory, /Expected a file that ends in \.tsv, \.csv or \.jsonl but received no extension$/],
    [
      file("rows.xml", "<a/>"),
      "DIR/rows.xml: Expected a file that ends in .tsv, .csv or .jsonl but received .xml",
    ],
    [file("empty.tsv", ""), "DIR/empty.tsv: Expected at least one row but received none"],
    [file("header.csv", "text,label\n"), "DIR/header.csv: Expected at least one row but received none"],
    [
      file("short.tsv", "text\tlabel\na film\tgood\na story\n"),
      'DIR/short.tsv, line 3: Expected 2 columns ("text", "label") but received 1',
    ],
    [
      file("names.csv", "review,label\na film,good\n"),
      /^DIR\/names\.csv, line 2: Expected a column named "text" or "sentence" .* but received the columns "review", "label": name the right one with columns.text$/,
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
    [model.evaluate(5 as never), "Expected a file's path or an iterable of rows for source but received 5"],
    [model.evaluate([], { colums: {} } as never), 'Unknown option "colums": did you mean columns?'],
    [model.save(5 as never), "Expected the path of a directory for directory but received 5"],
    [model.save("x", { overwrite: 1 } as never), "Expected a boolean for overwrite but received 1"],
    [loadModel(5 as never), "Expected the path of a model directory for directory but received 5"],
    [loadModel(TINY, { dtypes: "float32" } as never), 'Unknown option "dtypes": did you mean dtype?'],
  ];
  for (const [call, message] of expectations) await assertFails(call, { code, message });
});

test("a model directory that is missing or incomplete is named", async () => {
  const code = "ERR_CHECKPOINT";
  const missing = join(directory, "no-model");
  const withoutTokenizer = copyOfTiny("no-tokenizer");
  for (const name of ["tokenizer.json", "vocab.txt", "tokenizer_config.json"])
    rmSync(join(withoutTokenizer, name));
  const withoutWeights = copyOfTiny("no-weights");
  rmSync(join(withoutWeights, "model.safetensors"));
  const cases: [string, RegExp][] = [
    [missing, /^Expected a model directory with a config\.json but there is no DIR\/no-model$/],
    [withoutTokenizer, /^DIR\/no-tokenizer: Expected a tokenizer\.json or a vocab\.txt but received/],
    [
      withoutWeights,
      /^Expected model\.safetensors or model\.safetensors\.index\.json in DIR\/no-weights but found only/,
    ],
  ];
  for (const [path, message] of cases) {
    await assertRunFails({ model: path }, { code, message });
    await assertFails(loadModel(path), { code, message });
  }
});

test("a damaged or unfitting model directory is named, with what does not fit", async () => {
  const code = "ERR_CHECKPOINT";
  const truncated = copyOfTiny("truncated");
  truncateSync(join(truncated, "model.safetensors"), 60_000);
  const corrupted = copyOfTiny("corrupted");
  const bytes = readFileSync(join(corrupted, "model.safetensors"));
  bytes.fill(0x58, 8, 40); // the start of the header's JSON
  writeFileSync(join(corrupted, "model.safetensors"), bytes);
  const noContainer = copyOfTiny("no-container");
  writeFileSync(join(noContainer, "model.safetensors"), "these are no weights at all");
  const largeVocabulary = copyOfTiny("large-vocabulary");
  changeJson(join(largeVocabulary, "tokenizer.json"), (json) => {
    const { vocab } = json.model as { vocab: Record<string, number> };
    for (let id = 114; id < 120; id++) vocab[`extra${id}`] = id;
  });
  const wider = copyOfTiny("wider");
  changeJson(join(wider, "config.json"), (config) => Object.assign(config, { intermediate_size: 96 }));
  const deeper = copyOfTiny("deeper");
  changeJson(join(deeper, "config.json"), (config) => Object.assign(config, { num_hidden_layers: 3 }));
  const otherKind = copyOfTiny("other-kind");
  changeJson(join(otherKind, "config.json"), (config) => Object.assign(config, { model_type: "gpt2" }));
  const noJson = copyOfTiny("no-json");
  writeFileSync(join(noJson, "config.json"), "{");

  const cases: [string, RegExp][] = [
    [truncated, /^DIR\/truncated\/model\.safetensors is damaged: .* was cut short$/],
    [corrupted, /^DIR\/corrupted\/model\.safetensors is damaged: its header is no JSON/],
    [noContainer, /^DIR\/no-container\/model\.safetensors is damaged: its header claims/],
    [largeVocabulary, /^DIR\/large-vocabulary: the tokenizer has 120 pieces, but the model embeds only 114$/],
    [
      wider,
      /^The weights in DIR\/wider do not fit the model:\n.*intermediate\.dense\.\w+: \[64.*asks for \[96/,
    ],
    [deeper, /^The weights in DIR\/deeper do not fit the model:\n {2}missing: (bert\.)?encoder\.layer\.2\./],
    [
      otherKind,
      /^DIR\/other-kind\/config\.json: Expected one of "bert", .*"xlm-roberta" for model_type but received "gpt2"$/,
    ],
    [noJson, /^DIR\/no-json\/config\.json is not JSON/],
  ];
  for (const [path, message] of cases) {
    await assertRunFails({ model: path }, { code, message });
    await assertFails(loadModel(path), { code, message });
  }
});

test("a model that was not fine-tuned is no classifier", async () => {
  const encoder = copyOfTiny("encoder");
  changeJson(join(encoder, "config.json"), (config) => {
    delete config.id2label;
    delete config.label2id;
    config.architectures = ["BertModel"];
  });
  await assertFails(loadModel(encoder, { task: "classification" }), {
    code: "ERR_CHECKPOINT",
    message:
      "Expected a model for classification in DIR/encoder but it is an encoder that was not fine-tuned",
  });
});

test("a classifier with one label, or with more outputs than labels, is refused", async () => {
  const single = copyOfTiny("single");
  changeJson(join(single, "config.json"), (config) => {
    Object.assign(config, { id2label: { 0: "only" }, problem_type: "single_label_classification" });
  });
  await assertFails(loadModel(single), {
    code: "ERR_CHECKPOINT",
    message: /^Expected the labels of a classifier \(id2label\) in DIR\/single\/config\.json/,
  });
  const unnamed = copyOfTiny("unnamed"); // transformers leaves out the names of two outputs; this one has three
  changeJson(join(unnamed, "config.json"), (config) => {
    delete config.id2label;
  });
  await assertFails(loadModel(unnamed), {
    code: "ERR_CHECKPOINT",
    message: /^The weights in DIR\/unnamed do not fit the model:\n.*classifier\.\w+: \[3.*asks for \[2/,
  });
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

test("an output directory with other files in it, or that cannot be written to, is refused at once", async () => {
  const used = join(directory, "used");
  mkdirSync(used);
  writeFileSync(join(used, "thesis.txt"), "irreplaceable");
  const plainFile = file("plain-file", "");
  let asked = false;
  const rows = (function* () {
    asked = true;
    yield* train;
  })();
  const places: [string, RegExp][] = [
    [
      used,
      /^Expected an empty or new directory for outputDir but received "DIR\/used", which holds files \(thesis\.txt\)/,
    ],
    [plainFile, /^Expected a writable directory for outputDir but received "DIR\/plain-file": EEXIST/],
    [
      join(plainFile, "inside"),
      /^Expected a writable directory for outputDir but received "DIR\/plain-file\/inside": ENOTDIR/,
    ],
    ["/proc/libbert", /^Expected a writable directory for outputDir but received "\/proc\/libbert": ENOENT/],
  ];
  for (const [outputDir, message] of places) {
    await assertFails(fineTune({ ...tinyRun, train: rows, outputDir }), { code: "ERR_OPTION", message });
    const saved = new RegExp(message.source.replace("for outputDir", "for directory"));
    await assertFails(model.save(outputDir), { code: "ERR_OPTION", message: saved });
  }
  assert.equal(asked, false);
  assert.deepEqual(readdirSync(used), ["thesis.txt"]);
  await model.save(used, { overwrite: true });
  assert.equal(readFileSync(join(used, "thesis.txt"), "utf8"), "irreplaceable");
});

test("a loss that diverges stops the run at its step; the last good weights are saved and work", async () => {
  const outputDir = join(directory, "diverged");
  await assertFails(fineTune({ ...tinyRun, train, outputDir, learningRate: 1e30 }), {
    code: "ERR_NON_FINITE",
    message:
      /^The loss became NaN and .* at step 3: .* The model has the weights after step 0 again\. They are in DIR\/diverged$/,
  });
  await using kept = await loadModel(outputDir, { task: "classification" });
  const { loss } = await kept.evaluate(train);
  assert.ok(Number.isFinite(loss));
  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.match(report.stopped, /at step 3/);
  assert.equal(report.stoppedEarly, false, "patience did not end it");
  assert.deepEqual([report.seed, report.options.seed], [tinyRun.seed, tinyRun.seed]);
});

test("a checkpoint that holds a NaN is not trained from, and predicts nothing", async () => {
  const spoilt = copyOfTiny("spoilt");
  const path = join(spoilt, "model.safetensors");
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString());
  const [start] = header["bert.encoder.layer.0.output.dense.bias"].data_offsets;
  bytes.writeFloatLE(Number.NaN, 8 + headerLength + start);
  writeFileSync(path, bytes);

  await assertRunFails(
    { model: spoilt },
    {
      code: "ERR_CHECKPOINT",
      message:
        /^Expected finite numbers in the weights of .* but bert\.encoder\.layer\.0\.output\.dense\.bias holds others$/,
    },
  );
  await using loaded = await loadModel(spoilt, { task: "classification" });
  const message = /^The model's output is not a finite number/;
  await assertFails(loaded.predict(["a film"]), { code: "ERR_NON_FINITE", message });
});

const disk = join(directory, "disk");

test("a disk that is full while the model is saved leaves the old model as it was", (t) =>
  onSmallDisk(t, { disk, size: "150k" }, async () => {
    const target = join(disk, "model");
    await model.save(target);
    const before = readdirSync(target).map((name) => readFileSync(join(target, name)));
    await assertFails(model.save(target, { overwrite: true }), {
      code: "ERR_RUNTIME",
      message: /^Expected to write the model to DIR\/disk\/model for directory but received ENOSPC/,
    });
    assert.deepEqual(
      readdirSync(target).map((name) => readFileSync(join(target, name))),
      before,
    );
    await using old = await loadModel(target, { task: "classification", dtype: "float32" });
    assert.deepEqual(await old.predict(["a film"]), await model.predict(["a film"]));
  }));

test("a run whose disk is full at the end saves its model in another place and says where", (t) =>
  onSmallDisk(t, { disk, size: "60k" }, async () => {
    const error = await failureOf(fineTune({ ...tinyRun, train, outputDir: join(disk, "model") }));
    assert.match(
      error.message,
      /^Expected to write the model to .* for outputDir but received ENOSPC.* It was saved in (.*) instead$/,
    );
    const refuge = / It was saved in (.*) instead$/.exec(error.message)![1]!;
    await using saved = await loadModel(refuge, { task: "classification", dtype: "float32" });
    assert.deepEqual(await saved.predict(["a film"]), await model.predict(["a film"]));
    rmSync(refuge, { recursive: true });
  }));
