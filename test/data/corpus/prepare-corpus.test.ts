import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { assignmentOf } from "../../../lib/data/corpus/document-hash.js";
import type { PrepareEvent } from "../../../lib/data/corpus/events.js";
import type { PrepareOptions } from "../../../lib/data/corpus/option-types.js";
import { prepareCorpus } from "../../../lib/data/corpus/prepare-corpus.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { PretrainingEpoch } from "../../../lib/data/pretraining/pretraining-epoch.js";
import { lockDirectory } from "../../../lib/files/directory-lock.js";
import { packageRoot } from "../../../lib/runtime/paths.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";
import { documentsAsText, saveTokenizer, textsOf, writeText } from "./prepared.js";

/** A folder with a tokenizer, and `prepareCorpus` for what is in it. */
async function workplace() {
  const folder = temporaryDirectory();
  const vocab = await saveTokenizer(join(folder, "vocab"));
  const outputDir = join(folder, "shards");
  const prepare = (input: string[], options: Partial<PrepareOptions> = {}) =>
    prepareCorpus({ input, vocab, outputDir, validationShare: 0, ...options });
  return { folder, vocab, outputDir, prepare };
}

async function preparedTexts(t: TestContext, directory: string, split?: "train" | "validation") {
  const corpus = ShardedCorpus.open(directory, { split });
  t.after(() => corpus[Symbol.dispose]());
  return textsOf(corpus);
}

/** Names and content of all files but the lock. */
function filesOf(directory: string): Map<string, Buffer> {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name))]),
  );
}

test("text, sentences, JSON lines and gzip give documents of the same sentences, in the files' order", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  const text = "\ufeffThe ship sails. The wind!\r\nA storm.\r\n\r\nThe Dr. sea. The day.\r\n";
  const input = [
    writeText(folder, "a.txt", text),
    writeText(folder, "b.jsonl.gz", gzipSync('{"text":"The port. The star.\\n\\nA night."}\n{"text":" "}\n')),
  ];
  const report = await prepare(input);
  assert.deepEqual(await preparedTexts(t, outputDir), [
    ["the ship sail ##s .", "the wind !", "a storm ."],
    ["the [UNK] . sea .", "the day ."],
    ["the port .", "the star .", "a night ."],
  ]);
  assert.deepEqual(report, {
    ...{ documents: 3, sentences: 8, tokens: 28, unknownTokens: 1, unknownTokenShare: 1 / 28 },
    ...{ emptyDocuments: 1, emptySentences: 0, singleSentenceDocuments: 0, invalidSequences: 0 },
    ...{ validationDocuments: 0, validationTokens: 0, shards: 1, directory: outputDir },
  });

  const asSentences = { format: "sentences", outputDir: join(folder, "lines") } as const;
  await prepare(input.slice(0, 1), asSentences);
  assert.deepEqual(await preparedTexts(t, asSentences.outputDir), [
    ["the ship sail ##s . the wind !", "a storm ."],
    ["the [UNK] . sea . the day ."],
  ]);
});

test("an explicit format goes before the file's name", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  await prepare([writeText(folder, "rows.data", '{"body":"The sea."}\n')], {
    format: "jsonl",
    textField: "body",
  });
  assert.deepEqual(await preparedTexts(t, outputDir), [["the sea ."]]);
});

test("what has no token is dropped and counted, bytes that are not UTF-8 are replaced and counted", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  const control = "\u0001\u0002";
  const text = Buffer.concat([
    Buffer.from(`The sea.\n${control}\n\n${control}\n\nThe day `),
    Buffer.from([0xff, 0xe9]),
    Buffer.from(" night.\n"),
  ]);
  const notices: string[] = [];
  const onProgress = (event: PrepareEvent) => event.type === "notice" && notices.push(event.message);
  const report = await prepare([writeText(folder, "a.txt", text)], { onProgress });
  const { documents, emptyDocuments, emptySentences, singleSentenceDocuments, invalidSequences } = report;
  assert.deepEqual(
    { documents, emptyDocuments, emptySentences, singleSentenceDocuments, invalidSequences },
    { documents: 2, emptyDocuments: 1, emptySentences: 2, singleSentenceDocuments: 2, invalidSequences: 2 },
  );
  assert.deepEqual(await preparedTexts(t, outputDir), [["the sea ."], ["the day night ."]]);
  assert.deepEqual(notices, [
    "documents that were dropped, as they have no token: 1",
    "sentences that were dropped, as they have no token: 2",
    "sequences of bytes that are not UTF-8 and became U+FFFD: 2",
    "2 of 2 documents have one sentence: next-sentence prediction learns from the others alone (a blank line ends a document)",
  ]);
});

test("text that says [SEP] or [MASK] is text, and only a special token of one's own stays whole", async (t) => {
  const { folder, outputDir, vocab, prepare } = await workplace();
  const pieces = readFileSync(join(vocab, "vocab.txt"), "utf8").trimEnd().split("\n");
  const all = [...pieces, "[USER]", "[", "]", "mask"];
  const own = temporaryDirectory();
  await TextTokenizer.fromVocab(all, { specialTokens: ["[USER]"] }).save(own);
  const input = [writeText(folder, "a.txt", "The [MASK] sails, [SEP] [USER] by day.\nA [CLS] [PAD][UNK].\n")];
  const { unknownTokens } = await prepare(input, { vocab: own });
  assert.deepEqual(await preparedTexts(t, outputDir), [
    [
      "the [ mask ] sail ##s [UNK] [ [UNK] ] [USER] by day .", //
      "a [ [UNK] ] [ [UNK] ] [ [UNK] ] .",
    ],
  ]);
  assert.equal(unknownTokens, 5);
});

test("a document's text alone decides its split and its machine", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  const halves = [documentsAsText(500), documentsAsText(500, 500)];
  const input = halves.map((text, index) => writeText(folder, `${index}.txt`, text));
  await prepare(input, { validationShare: 0.2 });
  const validation = await preparedTexts(t, outputDir, "validation");
  const train = await preparedTexts(t, outputDir, "train");
  assert.equal(train.length + validation.length, 1000);
  // Binomial with a deviation of 13.
  assert.ok(Math.abs(validation.length - 200) < 5 * 13, `${validation.length} of 1000`);
  const keys = new Set(train.map(String));
  assert.ok(validation.every((document) => !keys.has(String(document))));

  const other = { validationShare: 0.2, outputDir: join(folder, "reversed"), tokensPerShard: 5000 };
  await prepare(input.toReversed(), other);
  const again = await preparedTexts(t, other.outputDir, "validation");
  assert.deepEqual(again.map(String).sort(), validation.map(String).sort());

  const parts = { validationShare: 0.2, outputDir: join(folder, "parts") };
  const reports = [];
  for (const part of ["1/3", "2/3", "3/3"]) reports.push(await prepare(input, { ...parts, part }));
  for (const { documents } of reports) assert.ok(Math.abs(documents - 333) < 5 * 15, `${documents} of 1000`);
  const united = await preparedTexts(t, parts.outputDir, "train");
  assert.deepEqual(united.map(String).sort(), train.map(String).sort());
});

test("split and machine are independent of each other", () => {
  const counts = new Float64Array(4);
  for (let index = 0; index < 20_000; index++) {
    const { isOurs, split } = assignmentOf([`text ${index}`], { index: 1, count: 2 }, 0.5);
    counts[Number(isOurs) * 2 + Number(split === "train")]!++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 5000) < 5 * 61, `${counts}`); // binomial
});

/** Stops a run when this many documents are done, and returns the reason it was given. */
async function interruptedRun(
  run: (options: Partial<PrepareOptions>) => Promise<unknown>,
  documents: number,
) {
  const controller = new AbortController();
  const onProgress = (event: PrepareEvent) => {
    if (event.type === "progress" && event.documents >= documents) controller.abort(new Error("enough"));
  };
  await assert.rejects(run({ signal: controller.signal, onProgress }), /enough/);
}

test("a run that was interrupted goes on behind its finished shards; the files are the same, bit for bit", async () => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [0, 1, 2].map((part) => writeText(folder, `${part}.txt`, documentsAsText(4500, 4500 * part)));
  const settings = { validationShare: 0.1, tokensPerShard: 30_000 };
  const straight = join(folder, "straight");
  const report = await prepare(input, { ...settings, outputDir: straight });

  for (const documents of [3000, 7000]) {
    await interruptedRun((options) => prepare(input, { ...settings, ...options }), documents);
    assert.throws(() => ShardedCorpus.open(outputDir), /not finished/);
  }
  const kept = readdirSync(outputDir).filter((name) => name.startsWith("train-"));
  assert.ok(kept.length > 3, "shards were finished before");
  const keptAt = statSync(join(outputDir, kept[0]!)).mtimeMs;
  let first = Number.POSITIVE_INFINITY;
  const onProgress = (event: PrepareEvent) => {
    if (event.type === "progress") first = Math.min(first, event.documents);
  };
  assert.deepEqual(await prepare(input, { ...settings, onProgress }), { ...report, directory: outputDir });
  assert.ok(first > 6000, "what is in shards is not tokenized again");
  assert.equal(statSync(join(outputDir, kept[0]!)).mtimeMs, keptAt);
  assert.deepEqual(filesOf(outputDir), filesOf(straight));
  // Once more: there is nothing left to do.
  assert.deepEqual(await prepare(input, settings), { ...report, directory: outputDir });
});

test("a signal arrives while one long line is divided into sentences", async (t) => {
  const { folder, prepare } = await workplace();
  const input = [writeText(folder, "a.jsonl", JSON.stringify({ text: "Dr. ".repeat(100_000) }))];
  const controller = new AbortController();
  const { segment } = Intl.Segmenter.prototype;
  t.mock.method(Intl.Segmenter.prototype, "segment", function (this: Intl.Segmenter, text: string) {
    setImmediate(() => controller.abort(new Error("enough")));
    return segment.call(this, text);
  });
  const { mock } = t.mock.method(TextTokenizer.prototype, "encodeAsText");
  await assert.rejects(prepare(input, { signal: controller.signal }), /enough/);
  assert.equal(mock.callCount(), 0, "the whole line was divided first");
});

test("a finished shard that was damaged meanwhile is named before the run goes on", async () => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", documentsAsText(5000))];
  const settings = { tokensPerShard: 30_000 };
  await interruptedRun((options) => prepare(input, { ...settings, ...options }), 1);
  const shard = join(outputDir, "train-00000.safetensors");
  const bytes = readFileSync(shard);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(shard, bytes);
  await assert.rejects(prepare(input, settings), {
    code: "ERR_DATA",
    message: new RegExp(
      `^${shard}: Expected the shard that was written here but received one that was changed`,
    ),
  });
});

test("other options, another vocabulary and other files are not mixed into a corpus, but may overwrite it", async () => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", documentsAsText(100))];
  await prepare(input, { tokensPerShard: 500 });
  const refused = {
    code: "ERR_OPTION",
    message: /which holds a corpus of other options, another vocabulary or other files; overwrite/,
  };
  await assert.rejects(prepare(input), refused);
  const vocab = await saveTokenizer(join(folder, "other"), [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
  ]);
  await assert.rejects(prepare(input, { tokensPerShard: 500, vocab }), refused);
  const cased = join(folder, "cased");
  cpSync(join(folder, "vocab"), cased, { recursive: true });
  writeText(cased, "tokenizer_config.json", '{"do_lower_case": false}');
  await assert.rejects(prepare(input, { tokensPerShard: 500, vocab: cased }), refused);
  writeText(folder, "a.txt", documentsAsText(101));
  await assert.rejects(prepare(input, { tokensPerShard: 500 }), refused);
  const { documents, shards } = await prepare(input, { overwrite: true });
  assert.deepEqual([documents, shards], [101, 1]);
  assert.equal(readdirSync(outputDir).filter((name) => name.startsWith("train-")).length, 1);

  const files = join(folder, "files");
  mkdirSync(files);
  writeText(files, "precious", "");
  await assert.rejects(prepare(input, { outputDir: files }), {
    code: "ERR_OPTION",
    message: /which holds files \(precious\)/,
  });
  await prepare(input, { outputDir: files, overwrite: true });
  assert.ok(existsSync(join(files, "precious")));
});

test("of two runs in one output directory one is refused, and the other is not disturbed", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", documentsAsText(100))];
  const runs = await Promise.allSettled([prepare(input), prepare(input)]); // either may be the first to arrive
  const refused = runs.filter((run) => run.status === "rejected");
  assert.equal(refused.length, 1);
  assert.match(String(refused[0]!.reason), /no other run uses for outputDir .* working in/);
  assert.equal((await preparedTexts(t, outputDir)).length, 100);
  using _lock = await lockDirectory(outputDir, { option: "outputDir", purpose: "run" });
  await assert.rejects(prepare(input), { code: "ERR_OPTION" });
});

test("a vocabulary without the special tokens, no input and no text are refused by name", async () => {
  const { folder, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", "The sea.")];
  const vocab = join(folder, "bare");
  mkdirSync(vocab);
  writeText(vocab, "vocab.txt", "[PAD]\n[UNK]\nthe\n");
  await assert.rejects(prepare(input, { vocab }), {
    code: "ERR_CHECKPOINT",
    message: /vocab.txt: Expected the special token "\[CLS\]"/,
  });
  await assert.rejects(prepare([join(folder, "*.none")]), {
    code: "ERR_OPTION",
    message: /for input but received ".*none"/,
  });
  const empty = writeText(folder, "empty.txt", "\n\n");
  await assert.rejects(prepare([empty], { outputDir: join(folder, "none") }), {
    code: "ERR_DATA",
    message: `${empty}: Expected text but received no document`,
  });
  assert.ok(!existsSync(join(folder, "none")), "what has text in it can go there");
  await assert.rejects(prepare(input, { part: "3/2" }), {
    code: "ERR_OPTION",
    message: /for part but received "3\/2"/,
  });
});

test("the shards are safetensors as Python reads them", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  const python = process.env.LIBBERT_REFERENCE_PYTHON;
  if (!python) return t.skip("LIBBERT_REFERENCE_PYTHON is not set: no Python with safetensors");
  await prepare([writeText(folder, "a.txt", "The sea. A day.\n\nThe port.")]);
  const script =
    "import sys, json; from safetensors import safe_open; f = safe_open(sys.argv[1], 'np')\n" +
    "t = {k: f.get_tensor(k) for k in f.keys()}\n" +
    "print(json.dumps([f.metadata()['tokens'], {k: [str(v.dtype), v.tolist()] for k, v in t.items()}]))";
  const output = execFileSync(python, ["-c", script, join(outputDir, "train-00000.safetensors")], {
    encoding: "utf8",
  });
  const [tokens, tensors] = JSON.parse(output);
  assert.equal(tokens, "9");
  assert.deepEqual(tensors.sentence_offsets, ["int64", [0, 3, 6, 9]]);
  assert.deepEqual(tensors.document_offsets, ["int64", [0, 2, 3]]);
  assert.deepEqual([tensors.ids[0], tensors.ids[1].length], ["int32", 9]);
});

const REAL = join(process.cwd(), "../shared/data");

test("pairs of real documents keep the rules", async (t) => {
  if (!existsSync(REAL)) return t.skip(`no ${REAL}`);
  const outputDir = temporaryDirectory();
  const input = ["speeches.jsonl", "sample_text.txt"].map((name) => join(REAL, "corpus", name));
  await prepareCorpus({
    input,
    vocab: join(REAL, "models/all-minilm-l6-v2"),
    outputDir,
    validationShare: 0.05,
  });
  const corpus = ShardedCorpus.open(outputDir);
  t.after(() => corpus[Symbol.dispose]());
  const data = new PretrainingEpoch(corpus, { seed: 1, maxSeqLength: 64, wholeWord: true }, 0);
  let sentences = 0;
  for (let index = 0; index < data.size; index++) {
    const { a, b, isRandomNext } = data.plan.instance(index);
    sentences += a.end - a.start + (isRandomNext ? 0 : b!.end - b!.start);
    if (isRandomNext) assert.notEqual(b!.document, a.document);
    else assert.deepEqual([b!.document, b!.start], [a.document, a.end]);
  }
  assert.equal(sentences, corpus.sentences);
  // Half of the pairs, and the last sentence of a document.
  const tolerance = 2.5 / Math.sqrt(data.size) + corpus.documents / data.size; // five standard deviations
  assert.ok(Math.abs(data.randomPairShare - 0.5) < tolerance, `${data.randomPairShare}`);
  const { packed, maskedLabels } = data.batch(0, 256);
  assert.ok(packed.inputIds.every((id) => id >= 0 && id < corpus.vocabulary.size));
  assert.ok(Math.abs(maskedLabels.length / packed.inputIds.length - 0.145) < 0.01);
});

test("a full disk gives one clear error, and the run goes on when there is room", async () => {
  const { folder, vocab, outputDir, prepare } = await workplace();
  const text = writeText(folder, "a.txt", documentsAsText(4000));
  const main = join(packageRoot, "dist/lib/cli/main.js");
  const args = [
    "prepare",
    "--input",
    text,
    "--vocab",
    vocab,
    "--output-dir",
    outputDir,
    "--validation-share",
    "0",
  ];
  const command = [process.execPath, main, ...args, "--tokens-per-shard", "60000"]
    .map((word) => `'${word}'`)
    .join(" ");
  // No file may have more than 200 blocks of 1 KiB: a shard of 60,000 tokens is larger.
  const script = `ulimit -f 200; trap '' XFSZ; ${command} 2>&1 || echo "exit code $?"`;
  const output = execFileSync("bash", ["-c", script], { encoding: "utf8" });
  assert.match(
    output,
    /^libbert: .*train-00000.safetensors cannot be written: EFBIG.*the same command goes on from there\nexit code 1\n$/m,
  );
  assert.equal(existsSync(join(outputDir, ".partial")), false);
  assert.equal(existsSync(join(outputDir, ".lock")), false);
  assert.equal((await prepare([text], { tokensPerShard: 60_000 })).documents, 4000);
  rmSync(outputDir, { recursive: true });
});
