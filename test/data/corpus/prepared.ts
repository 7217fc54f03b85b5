/** Texts and a tokenizer for tests of `prepareCorpus`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { PrepareOptions } from "../../../lib/data/corpus/option-types.js";
import { prepareCorpus } from "../../../lib/data/corpus/prepare-corpus.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const WORDS = "the a ship sail sea wind storm old new far from to by and calm long day night port star".split(
  " ",
);
const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const PIECES = [...SPECIAL_TOKENS, ...WORDS, "##s", "##ed", "##ing", ".", "!"];

/** Saves a tokenizer of a few words, and returns its directory. */
export async function saveTokenizer(directory: string, pieces = PIECES): Promise<string> {
  mkdirSync(directory, { recursive: true });
  await TextTokenizer.fromVocab(pieces).save(directory);
  return directory;
}

/** Different documents of 1 to 9 sentences, one a line, with blank lines between them. */
export function documentsAsText(count: number, first = 0): string {
  const word = (index: number) => WORDS[index % WORDS.length]!;
  const sentence = (a: number, b: number) => `The ${word(a)} ${word(b)}s ${word(a * b + 3)} ${word(a + b)}.`;
  const document = (index: number) =>
    Array.from({ length: 1 + (index % 9) }, (_, line) => sentence(index, line + (index >> 4))).join("\n");
  return Array.from({ length: count }, (_, index) => document(first + index)).join("\n\n");
}

export function writeText(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The text of all documents, each sentence as its pieces. */
export async function textsOf(corpus: ShardedCorpus): Promise<string[][]> {
  const tokenizer = await TextTokenizer.load(corpus.tokenizerDirectory);
  return Array.from({ length: corpus.documents }, (_, index) => {
    const { shard, firstSentence, sentences } = corpus.document(index);
    return Array.from({ length: sentences }, (_, sentence) => {
      const start = shard.sentenceStart(firstSentence + sentence);
      const ids = new Int32Array(shard.sentenceStart(firstSentence + sentence + 1) - start);
      shard.readTokens(start, ids.length, ids, 0);
      return Array.from(ids, (id) => tokenizer.idToToken(id)).join(" ");
    });
  });
}

/** A folder with a tokenizer, and `prepareCorpus` for what is in it. */
export async function workplace() {
  const folder = temporaryDirectory();
  const vocab = await saveTokenizer(join(folder, "vocab"));
  const outputDir = join(folder, "shards");
  const prepare = (input: string[], options: Partial<PrepareOptions> = {}) =>
    prepareCorpus({ input, vocab, outputDir, validationShare: 0, ...options });
  return { folder, vocab, outputDir, prepare };
}

export async function preparedTexts(t: TestContext, directory: string, split?: "train" | "validation") {
  const corpus = ShardedCorpus.open(directory, { split });
  t.after(() => corpus[Symbol.dispose]());
  return textsOf(corpus);
}

/** Names and content of all files but the lock. */
export function filesOf(directory: string): Map<string, Buffer> {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name))]),
  );
}
