import "../../support/own-process.js";

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { trainVocabulary, type VocabularyEvent, type VocabularyOptions } from "../../../lib/index.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

interface CorpusCase {
  size: number;
  cased: boolean;
  continuing: string;
  sha256: string;
}

const golden: { corpus: { files: string[]; setOf8000: string; ordered: CorpusCase[] } } = JSON.parse(
  readFileSync("test/golden/data/vocabulary.json", "utf8"),
);
const CORPUS = "../shared/data/corpus";
const needsCorpus = { skip: existsSync(CORPUS) ? false : `${CORPUS} is not there` };
const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** Of the pieces that every run on every machine finds. */
const OUR_8000 = "c845911f50317e15a665bb8f7ad19c899a883d0a830a8f107c3569d8c5faaceb";

const TEXT = "The ship sails. The ships sailed; the sailor's ship is sailing\n".repeat(3);

function sha256(pieces: string[]): string {
  return createHash("sha256").update(pieces.join("\n")).digest("hex");
}

/** Writes the text into a file and learns from it. */
async function learnFrom(
  content: string | Uint8Array,
  { name = "text.txt", ...options }: Partial<VocabularyOptions> & { name?: string } = {},
) {
  const folder = temporaryDirectory();
  const path = join(folder, name);
  writeFileSync(path, content);
  const notices: string[] = [];
  const onProgress = (event: VocabularyEvent) => {
    if (event.type === "notice") notices.push(event.message);
  };
  const outputDir = join(folder, "tokenizer");
  const result = await trainVocabulary({ input: [path], size: 50, outputDir, onProgress, ...options });
  return { ...result, notices, path, outputDir };
}

test("the corpus gives the 8,000 pieces that Hugging Face's trainer finds", needsCorpus, async () => {
  const outputDir = temporaryDirectory();
  const input = golden.corpus.files.map((file) => join(CORPUS, file));
  const { pieces, words, distinctWords } = await trainVocabulary({ input, size: 8000, outputDir });
  assert.equal(sha256([...pieces].sort(byCodePoint)), golden.corpus.setOf8000);
  assert.deepEqual({ words, distinctWords }, { words: 2_918_260, distinctWords: 54_247 });
  assert.equal(sha256(pieces), OUR_8000);
});

for (const { size, cased, continuing, sha256: theirs } of golden.corpus.ordered) {
  const name = `${size} ${cased ? "cased" : "uncased"} pieces of the corpus`;
  test(`${name} come in Hugging Face's order, once the order of equals is fixed`, needsCorpus, async () => {
    const { pieces } = await trainVocabulary({
      input: golden.corpus.files.map((file) => join(CORPUS, file)),
      size,
      cased,
      specialTokens: [...specialTokens, ...[...continuing].map((character) => `##${character}`)],
      outputDir: temporaryDirectory(),
    });
    assert.equal(sha256(pieces), theirs);
  });
}

test("the saved tokenizer has the pieces and the casing, and cuts words with them", async () => {
  for (const cased of [false, true]) {
    const { pieces, outputDir } = await learnFrom(TEXT, { cased });
    assert.deepEqual(readdirSync(outputDir).sort(), ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]);
    assert.equal(readFileSync(join(outputDir, "vocab.txt"), "utf8"), `${pieces.join("\n")}\n`);
    const config = JSON.parse(readFileSync(join(outputDir, "tokenizer_config.json"), "utf8"));
    assert.equal(config.do_lower_case, !cased);
    const tokenizer = await TextTokenizer.load(outputDir);
    const { inputIds } = await tokenizer.encode("The SHIP");
    assert.equal(pieces.includes("The"), cased);
    assert.equal([...inputIds].includes(tokenizer.unkId), cased);
  }
});

test("plain text, JSON lines, gzip, CRLF and a byte-order mark all give the same vocabulary", async () => {
  const { pieces } = await learnFrom(TEXT);
  assert.ok(pieces.length > specialTokens.length + 20);
  const lines = TEXT.trimEnd().split("\n");
  const json = lines.map((body) => `${JSON.stringify({ body })}\n`).join("");
  const forms: [name: string, content: string | Uint8Array][] = [
    ["a.txt", `\ufeff${lines.join("\r\n")}\r\n`],
    ["a.txt", lines.join(" ")],
    ["a.txt.gz", gzipSync(TEXT)],
    ["a.jsonl", json],
    ["a.jsonl.gz", gzipSync(`\ufeff${json.replaceAll("\n", "\r\n\r\n")}`)],
  ];
  for (const [name, content] of forms) {
    const other = await learnFrom(content, { name, textField: "body" });
    assert.deepEqual(other.pieces, pieces, name);
    assert.deepEqual(other.notices, []);
  }
});

test("special tokens of one's own come first, in their order", async () => {
  const own = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const { pieces, outputDir } = await learnFrom(TEXT, { specialTokens: own });
  assert.deepEqual(pieces.slice(0, 6), own);
  const { inputIds } = await (await TextTokenizer.load(outputDir)).encode("ship[unused0]");
  assert.deepEqual([...inputIds].slice(-2), [own.indexOf("[unused0]"), own.indexOf("[SEP]")]);
  await assert.rejects(learnFrom(TEXT, { specialTokens: ["[PAD]", "[UNK]"] }), {
    code: "ERR_OPTION",
    message: /^Expected distinct tokens, \[PAD\], .*\[MASK\] among them, for specialTokens but received/,
  });
});

test("progress tells of bytes and pieces, up to all bytes", async () => {
  const folder = temporaryDirectory();
  const input = ["a.txt", "b.txt"].map((name) => join(folder, name));
  writeFileSync(input[0]!, TEXT);
  writeFileSync(input[1]!, "more words ".repeat(200_000));
  const done: number[] = [];
  const onProgress = (event: VocabularyEvent) => {
    if (event.type !== "count") return;
    assert.equal(event.totalBytes, TEXT.length + 11 * 200_000);
    done.push(event.bytes);
  };
  await trainVocabulary({ input, size: 60, outputDir: join(folder, "out"), onProgress });
  assert.equal(done[0], TEXT.length);
  assert.equal(done.at(-1), TEXT.length + 11 * 200_000);
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  );
});

test("bytes that are not UTF-8 are replaced, counted and told of", async () => {
  const content = Buffer.concat([Buffer.from(TEXT), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x20, 0xff])]);
  const { invalidSequences, notices, pieces } = await learnFrom(content);
  assert.equal(invalidSequences, 2);
  assert.equal(notices[0], "sequences of bytes that are not UTF-8 and became U+FFFD: 2");
  assert.ok(!pieces.some((piece) => piece.includes("\ufffd")));
});

test("a text that is too poor for the size gives fewer pieces and says so", async () => {
  const { pieces, notices } = await learnFrom(TEXT, { size: 5000 });
  assert.ok(pieces.length < 100);
  assert.deepEqual(notices, [`The text gives ${pieces.length} pieces, not 5000: no pair comes 2 times`]);
});

test("a text without words is refused, and so is a size that the alphabet exceeds; nothing is saved", async () => {
  const folder = temporaryDirectory();
  const input = join(folder, "text.txt");
  const outputDir = join(folder, "out");
  for (const content of ["", " \r\n\t\n\ufeff"]) {
    writeFileSync(input, content);
    await assert.rejects(trainVocabulary({ input: [input], size: 60, outputDir }), {
      code: "ERR_DATA",
      message: `${input}: Expected text but received no word`,
    });
  }
  writeFileSync(input, TEXT);
  await assert.rejects(trainVocabulary({ input: [input], size: 20, outputDir }), {
    code: "ERR_OPTION",
    message:
      /^Expected at least \d+ for size but received 20: 5 special tokens and \d+ pieces of one character/,
  });
  assert.equal(existsSync(outputDir), false);
});

test("an output directory that holds a vocabulary is left alone unless overwrite says otherwise", async () => {
  const { path, outputDir, pieces } = await learnFrom(TEXT);
  const again = { input: [path], size: 40, outputDir };
  await assert.rejects(trainVocabulary(again), {
    code: "ERR_OPTION",
    message: /holds files .*overwrite: true/,
  });
  assert.equal((await TextTokenizer.load(outputDir)).vocabSize, pieces.length);
  await trainVocabulary({ ...again, overwrite: true });
  assert.equal((await TextTokenizer.load(outputDir)).vocabSize, 40);
});

test("broken JSON in the third file is an error that names file and line", async () => {
  const folder = temporaryDirectory();
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, `${name}.jsonl`), '{"text":"fine"}\n');
  writeFileSync(join(folder, "c.jsonl"), `${'{"text":"fine and long"}\n'.repeat(100_000)}{"text":\n`);
  const options = { input: [join(folder, "*.jsonl")], size: 60, outputDir: join(folder, "out") };
  await assert.rejects(trainVocabulary(options), {
    code: "ERR_DATA",
    message: /c\.jsonl, line 100001: Expected a JSON object but received broken JSON/,
  });
});

test("an aborted signal ends it with the signal's reason, while it counts and while it merges", async () => {
  const folder = temporaryDirectory();
  const input = join(folder, "text.txt");
  const words = Array.from({ length: 200_000 }, (_, i) => (i * 7919).toString(36));
  writeFileSync(input, words.join(" ").repeat(2));
  for (const type of ["count", "merge"]) {
    const controller = new AbortController();
    const onProgress = (event: VocabularyEvent) => {
      if (event.type === type) controller.abort(new Error(`enough of ${type}`));
    };
    const outputDir = join(folder, type);
    const options = { input: [input], size: 1_000_000, outputDir, signal: controller.signal, onProgress };
    await assert.rejects(trainVocabulary(options), { message: `enough of ${type}` });
    assert.equal(existsSync(outputDir), false);
  }
});

test("a single line of 50 MB takes little memory", async () => {
  const before = process.memoryUsage().rss;
  const { words } = await learnFrom("the quick brown fox jumps over the lazy dog ".repeat(1_136_364));
  assert.equal(words, 9 * 1_136_364);
  assert.ok(process.memoryUsage().rss - before < 400e6); // the line itself, made here, is 50 MB of it
});

test("megabytes without a space are left out, and said so", async () => {
  const { notices, pieces } = await learnFrom(`${TEXT} ${"c2FtcGxl".repeat(500_000)} ${TEXT}`, {
    size: 50,
  });
  assert.match(notices[0]!, /^\d words of more than 1,000 characters are left out$/); // cut where blocks end
  assert.ok(!pieces.includes("c2"));
});

/** As Python sorts. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
