import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";

const PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Éa", "ea", "éa", "中", "b", "##中", "Ea"];

const directories: string[] = [];
after(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

/** A new directory that holds these files. */
async function directoryOf(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "libbert-tokenizer-"));
  directories.push(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

const vocabText = (pieces: readonly string[]) => `${pieces.join("\n")}\n`;

async function tokensOf(tokenizer: TextTokenizer, text: string): Promise<(string | null)[]> {
  const { inputIds } = await tokenizer.encode(text);
  return Array.from(inputIds.slice(1, -1), (id) => tokenizer.idToToken(id));
}

/** `tokenizer.json` as `save` writes it, for tests to change. */
async function savedJson(): Promise<Record<string, unknown> & { model: { vocab: Record<string, number> } }> {
  const directory = await directoryOf({});
  await TextTokenizer.fromVocab(PIECES).save(directory);
  return JSON.parse(await readFile(join(directory, "tokenizer.json"), "utf8"));
}

test("a bare vocab.txt is read as uncased, without regard to CRLF, a missing last line break, a byte-order mark and white space behind a piece", async () => {
  const spaced = PIECES.map((piece) => `${piece} `);
  for (const vocab of [
    vocabText(PIECES),
    PIECES.join("\r\n"),
    `\ufeff${vocabText(PIECES)}`,
    vocabText(spaced),
  ]) {
    const tokenizer = await TextTokenizer.load(await directoryOf({ "vocab.txt": vocab }));
    assert.equal(tokenizer.vocabSize, PIECES.length);
    assert.deepEqual(await tokensOf(tokenizer, "Éa [MASK] b中"), ["ea", "[MASK]", "b", "中"]);
  }
});

const SETTINGS = [
  [{ do_lower_case: true, strip_accents: false }, ["éa", "b", "中"]],
  [{ do_lower_case: false }, ["Éa", "b", "中"]],
  [{ do_lower_case: false, strip_accents: true }, ["Ea", "b", "中"]],
  [{ tokenize_chinese_chars: false }, ["ea", "b", "##中"]],
] as const;

for (const [settings, tokens] of SETTINGS) {
  test(`${JSON.stringify(settings)} holds for vocab.txt and tokenizer.json, and is saved`, async () => {
    const config = JSON.stringify(settings);
    const json = JSON.stringify(await savedJson());
    const sources: [string, string][] = [
      ["vocab.txt", vocabText(PIECES)],
      ["tokenizer.json", json],
    ];
    for (const [name, content] of sources) {
      const files = { [name]: content, "tokenizer_config.json": config };
      const tokenizer = await TextTokenizer.load(await directoryOf(files));
      assert.deepEqual(await tokensOf(tokenizer, "Éa b中"), tokens);

      const saved = await directoryOf({});
      await tokenizer.save(saved);
      assert.deepEqual(await tokensOf(await TextTokenizer.load(saved), "Éa b中"), tokens);
      await rm(join(saved, "tokenizer.json"));
      assert.deepEqual(await tokensOf(await TextTokenizer.load(saved), "Éa b中"), tokens);
    }
  });
}

test("what is saved has the vocabulary in order of the ids and keeps settings libbert does not know", async () => {
  const config = JSON.stringify({ model_max_length: 77, do_lower_case: false });
  const source = await directoryOf({ "vocab.txt": vocabText(PIECES), "tokenizer_config.json": config });
  const saved = await directoryOf({});
  await (await TextTokenizer.load(source)).save(saved);
  assert.equal(await readFile(join(saved, "vocab.txt"), "utf8"), vocabText(PIECES));
  const savedConfig = JSON.parse(await readFile(join(saved, "tokenizer_config.json"), "utf8"));
  assert.equal(savedConfig.model_max_length, 77);
  assert.equal(savedConfig.do_lower_case, false);
  assert.equal(savedConfig.tokenizer_class, "BertTokenizer");
});

test("padding and truncation in a tokenizer.json are neither applied nor saved", async () => {
  const json = {
    ...(await savedJson()),
    truncation: { max_length: 4, strategy: "LongestFirst", stride: 0, direction: "Right" },
    padding: {
      strategy: { Fixed: 9 },
      direction: "Right",
      pad_to_multiple_of: null,
      pad_id: 0,
      pad_type_id: 0,
      pad_token: "[PAD]",
    },
  };
  const tokenizer = await TextTokenizer.load(await directoryOf({ "tokenizer.json": JSON.stringify(json) }));
  assert.equal((await tokenizer.encode("b b b b b")).inputIds.length, 7);
  assert.equal((await tokenizer.encode("b")).inputIds.length, 3);
  const saved = await directoryOf({});
  await tokenizer.save(saved);
  const { truncation, padding } = JSON.parse(await readFile(join(saved, "tokenizer.json"), "utf8"));
  assert.deepEqual([truncation, padding], [null, null]);
});

test("a tokenizer.json says which end of a text is cut where tokenizer_config.json is silent, and so does a copy", async () => {
  const truncation = { max_length: 4, strategy: "LongestFirst", stride: 0, direction: "Left" };
  const files = { "tokenizer.json": JSON.stringify({ ...(await savedJson()), truncation }) };
  const cut = async (tokenizer: TextTokenizer) => {
    const { inputIds } = await tokenizer.encode("中 b b", undefined, { maxLength: 4 });
    return [...inputIds].slice(1, -1).map((id) => tokenizer.idToToken(id));
  };
  const tokenizer = await TextTokenizer.load(await directoryOf(files));
  assert.deepEqual(await cut(tokenizer), ["b", "b"]);
  const copy = await directoryOf({});
  await tokenizer.save(copy);
  assert.deepEqual(await cut(await TextTokenizer.load(copy)), ["b", "b"]);
  const own = { ...files, "tokenizer_config.json": JSON.stringify({ truncation_side: "right" }) };
  assert.deepEqual(await cut(await TextTokenizer.load(await directoryOf(own))), ["中", "b"]);
});

test("ids of pieces and special tokens are to be asked for by name", async () => {
  const tokenizer = TextTokenizer.fromVocab(PIECES);
  const { padId, unkId, clsId, sepId, maskId } = tokenizer;
  assert.deepEqual([padId, unkId, clsId, sepId, maskId], [0, 1, 2, 3, 4]);
  assert.equal(tokenizer.tokenToId("中"), 8);
  assert.equal(tokenizer.tokenToId("nowhere"), null);
  assert.equal(tokenizer.idToToken(8), "中");
  assert.equal(tokenizer.idToToken(99), null);
});

test("a maxLength that is too small for the special tokens, or no integer, is refused", async () => {
  const tokenizer = TextTokenizer.fromVocab(PIECES);
  for (const maxLength of [2, 7.5, Number.NaN]) {
    await assert.rejects(tokenizer.encodeBatch(["b"], { maxLength }), {
      code: "ERR_OPTION",
      message: `Expected an integer of at least 3 for maxLength but received ${maxLength}`,
    });
  }
});

async function assertLoadFails(files: Record<string, string>, file: string, what: RegExp): Promise<void> {
  const directory = await directoryOf(files);
  await assert.rejects(TextTokenizer.load(directory), (error: Error & { code: string }) => {
    assert.equal(error.code, "ERR_CHECKPOINT");
    assert.ok(error.message.startsWith(`${join(directory, file)}: Expected `), error.message);
    assert.match(error.message, what);
    return true;
  });
}

test("files that are missing, damaged or incomplete are named, and what they lack", async () => {
  const json = await savedJson();
  const vocab = vocabText(PIECES);
  const { "[MASK]": _, ...withoutMask } = json.model.vocab;
  const withVocab = (pieces: Record<string, number>) =>
    JSON.stringify({ ...json, added_tokens: [], model: { ...json.model, vocab: pieces } });

  await assertLoadFails({}, "", /a tokenizer.json or a vocab.txt/);
  await assertLoadFails({ "tokenizer.json": JSON.stringify(json).slice(0, 300) }, "tokenizer.json", /JSON/);
  await assertLoadFails(
    { "tokenizer.json": "null" },
    "tokenizer.json",
    /a model of type WordPiece, BPE or Unigram/,
  );
  const unknownPart = JSON.stringify({ ...json, pre_tokenizer: { type: "Nonsense" } });
  await assertLoadFails(
    { "tokenizer.json": unknownPart },
    "tokenizer.json",
    /WhitespaceSplit for pre_tokenizer\.type but received "Nonsense"/,
  );
  await assertLoadFails(
    { "tokenizer.json": withVocab({ ...withoutMask, x: 4 }) },
    "tokenizer.json",
    /\[MASK\]/,
  );
  await assertLoadFails({ "tokenizer.json": withVocab(withoutMask) }, "tokenizer.json", /none for 4/);
  await assertLoadFails(
    { "vocab.txt": vocab.replace("[SEP]", "sep") },
    "vocab.txt",
    /special token "\[SEP\]"/,
  );
  await assertLoadFails({ "vocab.txt": "" }, "vocab.txt", /special token "\[PAD\]"/);
  await assertLoadFails(
    { "vocab.txt": vocab, "tokenizer_config.json": "{" },
    "tokenizer_config.json",
    /JSON/,
  );
});

test("a vocabulary in memory is checked in the same way", () => {
  assert.throws(() => TextTokenizer.fromVocab(PIECES.slice(1)), {
    code: "ERR_CHECKPOINT",
    message: 'the vocabulary given: Expected the special token "[PAD]" in the vocabulary but received none',
  });
});
