import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ROBERTA_LAYOUT } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { inPython, withoutPython } from "../support/python.js";

// biome-ignore lint/suspicious/noExplicitAny: of a file, to be changed in any place
type Json = Record<string, any>;

const file: Json = JSON.parse(
  readFileSync("test/golden/data/families/tiny-xlm-roberta/tokenizer.json", "utf8"),
);
const ofFile = file.normalizer as Json;
const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
const cut = { type: "WhitespaceSplit" };
const sequence = (...pretokenizers: Json[]) => ({ pre_tokenizer: { type: "Sequence", pretokenizers } });
const normalized = (...normalizers: Json[]) => ({ normalizer: { type: "Sequence", normalizers } });
const model = (changes: Json) => ({ model: { ...file.model, ...changes } });

function folderOf(t: TestContext, changes: Json, config: Json = {}): string {
  const folder = temporaryFolder(t);
  const own = { tokenizer_class: "XLMRobertaTokenizer", ...config };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "xlm-roberta" }));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ ...file, ...changes }));
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(own));
  return folder;
}

/** What transformers 5 passes over in a `tokenizer.json` with this class, and transformers 4 does. */
const REFUSED: [changes: Json, sentence: RegExp][] = [
  [
    { normalizer: { type: "Lowercase" } },
    /a Precompiled map, as XLMRobertaTokenizer has it .*normalizer but/,
  ],
  [normalized(ofFile, { type: "Lowercase" }), /for normalizer but received/],
  [normalized({ type: "Nmt" }, { type: "NFKC" }), /for normalizer but received/],
  [sequence(cut, { ...metaspace, prepend_scheme: "never" }), /for pre_tokenizer but received/],
  [{ pre_tokenizer: { ...metaspace, prepend_scheme: "first" } }, /for pre_tokenizer but received/],
  [sequence(cut, metaspace, { type: "Digits", individual_digits: true }), /for pre_tokenizer but received/],
  [{ pre_tokenizer: null }, /for pre_tokenizer but received null$/],
  [model({ unk_id: 5 }), /Expected 3, as .* for model\.unk_id but received 5$/],
  [model({ byte_fallback: true }), /Expected false, as .* for model\.byte_fallback but received true$/],
  [
    { post_processor: { type: "BertProcessing", cls: ["<s>", 0], sep: ["</s>", 2] } },
    /"between":\[2,2\],"close":\[2\]\} around texts, as XLMRobertaTokenizer has them/,
  ],
];

test("a tokenizer.json that does something else than XLM-RoBERTa's class is refused, and taken as it stands without that class", async (t) => {
  for (const [changes, message] of REFUSED) {
    await assert.rejects(TextTokenizer.load(folderOf(t, changes), ROBERTA_LAYOUT), {
      code: "ERR_CHECKPOINT",
      message,
    });
    const generic = folderOf(t, changes, { tokenizer_class: "PreTrainedTokenizerFast" });
    await TextTokenizer.load(generic, ROBERTA_LAYOUT);
  }
});

const spaces = { type: "Replace", pattern: { Regex: " {2,}" }, content: "▁" };
const stripped = { type: "Strip", strip_left: false, strip_right: true };

/** What says the same in other words, as versions of transformers wrote it. */
const TAKEN: [changes: Json, config?: Json][] = [
  [{ pre_tokenizer: metaspace }],
  [{ pre_tokenizer: { type: "Metaspace", replacement: "▁", add_prefix_space: true } }],
  [{ ...normalized(ofFile, stripped, spaces), pre_tokenizer: metaspace }],
  [sequence(cut, { ...metaspace, split: false })],
  [sequence(cut, { ...metaspace, prepend_scheme: "never" }), { add_prefix_space: true }],
  [{ normalizer: null }],
  [{ pre_tokenizer: metaspace }, { add_prefix_space: false }],
];
const TEXTS = ["the film was good ", "  the\nfilm\t was", "the<mask>film <mask> was", "the▁film ﬁne", ""];
const ENCODE = `
import json, sys
from transformers import AutoTokenizer
texts = json.loads(sys.stdin.readline())
for line in sys.stdin:
    tokenizer = AutoTokenizer.from_pretrained(json.loads(line))
    print(json.dumps([tokenizer(text)["input_ids"] for text in texts]))
`;

test("white space parts words for XLM-RoBERTa's class, whatever the words of its tokenizer.json", async (t) => {
  const folders = TAKEN.map((files) => folderOf(t, ...files));
  const ids: number[][][] = [];
  for (const folder of folders) {
    const tokenizer = await TextTokenizer.load(folder, ROBERTA_LAYOUT);
    ids.push((await tokenizer.encodeBatch(TEXTS)).map(({ inputIds }) => [...inputIds]));
  }
  const plain = await TextTokenizer.load(folderOf(t, {}), ROBERTA_LAYOUT);
  const asClass = (await plain.encodeBatch(TEXTS)).map(({ inputIds }) => [...inputIds]);
  for (const same of ids.slice(0, 5)) assert.deepEqual(same, asClass);
  if (withoutPython) return;
  assert.deepEqual(await inPython(ENCODE, [], TEXTS, ...folders), ids);
});
