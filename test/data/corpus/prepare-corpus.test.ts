import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { assignmentOf } from "../../../lib/data/corpus/document-hash.js";
import type { PrepareEvent } from "../../../lib/data/corpus/events.js";
import { prepareCorpus } from "../../../lib/data/corpus/prepare-corpus.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { PretrainingEpoch } from "../../../lib/data/pretraining/pretraining-epoch.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";
import { documentsAsText, preparedTexts, workplace, writeText } from "./prepared.js";

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
