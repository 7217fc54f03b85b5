import { existsSync, statSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe } from "../errors.js";
import { readModelText } from "../files/regular-file.js";
import {
  type AddedToken,
  type DeclaredToken,
  type DeclaredTokens,
  declaredToken,
  namedToken,
  placedTokens,
} from "./added-tokens.js";
import { checkedDecoder, checkedNormalizer, checkedPreTokenizer } from "./components.js";
import { fileError } from "./file-error.js";
import type { JsonField } from "./json-field.js";
import { isUncased } from "./letter-case.js";
import { checkedModel } from "./model-part.js";
import { checkedPostProcessor } from "./post-processor.js";
import { readJson } from "./read-file.js";
import { namedTokens } from "./special-tokens.js";
import type { SpecialTokens, TextLayout } from "./text-layout.js";
import { isGeneric, textLayoutOf } from "./tokenizer-classes.js";
import { readTokenizerConfig, refusePythonSettings } from "./tokenizer-config.js";
import {
  modelPieces,
  pieceIds,
  type TokenizerConfig,
  type TokenizerJson,
  wordPieceJson,
} from "./tokenizer-json.js";
import { checkedPieces, lastOfEach, piecesOf } from "./vocab-file.js";

/** A tokenizer as its files describe it. */
export interface TokenizerFiles {
  json: TokenizerJson;
  config: TokenizerConfig;
  /** What the files leave open. */
  layout: TextLayout;
  /** What errors call the place that the vocabulary came from. */
  source: string;
  /** The class that transformers loads it with, if it is known. */
  loadedAs?: string;
  /** Special tokens beside the model's own. */
  extraTokens: string[];
  /** Whether the vocabulary alone tells if texts are lowered. Default: false */
  guessesCase?: boolean;
}

/** Vocabularies that only Python makes a `tokenizer.json` of. */
const OTHER_VOCABULARIES = [
  "vocab.json",
  "merges.txt",
  "sentencepiece.bpe.model",
  "spiece.model",
  "bpe.codes",
];

/**
 * Reads `tokenizer.json`, or where there is none `vocab.txt`; and, where they are there, `tokenizer_config.json`,
 * `special_tokens_map.json`, `added_tokens.json`, and the classes in `config.json`.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the file: neither is there, one is damaged, or a tokenizer of another kind
 */
export async function readTokenizerFiles(directory: string, defaults: TextLayout): Promise<TokenizerFiles> {
  if (statSync(directory, { throwIfNoEntry: false })?.isFile())
    throw fileError(directory, `the folder of a tokenizer (${dirname(directory)})`, "a file");
  const { config, declared, loadedAs, own } = readTokenizerConfig(directory);
  const layout = textLayoutOf(config, defaults);
  const tokens = namedTokens(config, layout.specialTokens);
  const extraTokens = [...declared.named, ...declared.extra].map(({ content }) => content);
  const parts = { config, layout, loadedAs, extraTokens };

  const file = readJson(join(directory, "tokenizer.json"));
  if (file !== undefined) {
    const json = checkedJson(file);
    checkComplete(json, file.source);
    json.added_tokens = tokensOfFile(file, json, {
      declared,
      own: tokens,
      takesFile: loadedAs === undefined || isGeneric(loadedAs),
      hasList: !own.at("added_tokens_decoder").isAbsent,
    });
    config.truncation_side ??= cutSide(file);
    return { ...parts, json: withOwnTokens(json, tokens, file.source), source: file.source };
  }
  const source = join(directory, "vocab.txt");
  const vocab = readModelText(source);
  if (vocab === undefined) throw await noVocabulary(directory);
  const pieces = checkedPieces(lastOfEach(piecesOf(vocab)), source);
  const guessesCase = isRelease(directory) && config.do_lower_case === undefined;
  if (guessesCase) config.do_lower_case = isUncased(pieces);
  const bare = wordPieceJson(pieces, tokens.unk);
  const added_tokens = placedTokens(declared, modelPieces(bare));
  const json = withOwnTokens({ ...bare, added_tokens }, tokens, source);
  refusePythonSettings(own, new Set(json.added_tokens!.map(({ content }) => content)));
  return { ...parts, json, source, guessesCase };
}

/** Which end of texts a `tokenizer.json` cuts: that, unlike where, counts in transformers if the file beside it is silent. */
function cutSide(file: JsonField): "left" | "right" | undefined {
  const direction = file.at("truncation").at("direction");
  if (direction.isAbsent) return undefined;
  return direction.oneOf(["Right", "Left"]) === "Left" ? "left" : "right";
}

/** Whether a model lies in a directory as BERT was released in 2018, with nothing that says how its texts are written. */
function isRelease(directory: string): boolean {
  return existsSync(join(directory, "bert_config.json")) && !existsSync(join(directory, "config.json"));
}

/** A WordPiece tokenizer of pieces in memory. */
export function vocabularyFiles(
  pieces: readonly string[],
  config: TokenizerConfig,
  { layout, extraTokens }: { layout: TextLayout; extraTokens: string[] },
): TokenizerFiles {
  const source = "the vocabulary given";
  const bare = wordPieceJson(checkedPieces(pieces, source), layout.specialTokens.unk);
  const extra = extraTokens.map((content) => namedToken(content, source));
  const added_tokens = placedTokens({ withIds: [], named: [], extra }, modelPieces(bare));
  const json = withOwnTokens({ ...bare, added_tokens }, layout.specialTokens, source);
  return { json, config, layout, source, loadedAs: "BertTokenizer", extraTokens };
}

/** The parts of a `tokenizer.json` that say how a text becomes tokens; texts are not filled up, and the caller says where they are cut. */
function checkedJson(file: JsonField): TokenizerJson {
  file.fields("an object with a model of type WordPiece, BPE or Unigram");
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: checkedNormalizer(file.at("normalizer")),
    pre_tokenizer: checkedPreTokenizer(file.at("pre_tokenizer")),
    post_processor: checkedPostProcessor(file.at("post_processor")),
    decoder: checkedDecoder(file.at("decoder")),
    model: checkedModel(file.at("model")),
  };
}

function checkComplete(json: TokenizerJson, source: string): void {
  const ids = modelPieces(json);
  const known = new Set(ids.values());
  for (let id = 0; id < ids.size; id++) {
    if (!known.has(id)) throw fileError(source, `a piece for every id below ${ids.size}`, `none for ${id}`);
  }
}

/**
 * The added tokens of a `tokenizer.json` and those of the files beside it. A class that makes its own tokenizer believes
 * `added_tokens_decoder` in `tokenizer_config.json`, where it is, else the file.
 *
 * @throws LibbertError ERR_CHECKPOINT where the file has tokens that `added_tokens_decoder` lacks: version 4 of
 *   transformers takes those, too, and version 5 does not
 */
function tokensOfFile(
  file: JsonField,
  json: TokenizerJson,
  {
    declared,
    own,
    ...loading
  }: { declared: DeclaredTokens; own: SpecialTokens; takesFile: boolean; hasList: boolean },
): AddedToken[] {
  const field = file.at("added_tokens");
  const tokens = field.isAbsent ? [] : field.items("a list of tokens").map(tokenOfFile);
  const { withIds, named, extra } = declared;
  if (loading.takesFile) return placedTokens(declared, modelPieces(json), tokens);
  if (!loading.hasList) {
    const known = new Set(tokens.map(({ content }) => content));
    const others = withIds.filter(({ content }) => !known.has(content));
    return placedTokens({ named, extra, withIds: [...others, ...tokens] }, modelPieces(json));
  }
  const known = new Set([...withIds, ...named, ...extra].map(({ content }) => content));
  for (const content of Object.values(own)) known.add(content);
  const unknown = tokens.find(({ content }) => !known.has(content));
  if (unknown === undefined) return placedTokens(declared, modelPieces(json));
  const what = "added_tokens that added_tokens_decoder in tokenizer_config.json has, too,";
  throw fileError(file.source, what, describe(unknown.content));
}

function tokenOfFile(field: JsonField): DeclaredToken {
  field.fields("a token");
  return { ...declaredToken(field), id: field.at("id").integer(0, 2 ** 31 - 1) };
}

/**
 * `json` with `tokens` among its added tokens, where a vocab.txt or a careless tokenizer.json does not have them: a
 * special token is never cut into pieces.
 *
 * @throws LibbertError ERR_CHECKPOINT when it has no piece for one of them
 */
function withOwnTokens(json: TokenizerJson, tokens: SpecialTokens, source: string): TokenizerJson {
  const ids = pieceIds(json);
  const added = new Map(json.added_tokens!.map((token) => [token.content, token]));
  for (const content of Object.values(tokens)) {
    const id = ids.get(content);
    if (id === undefined) {
      throw fileError(source, `the special token ${describe(content)} in the vocabulary`, "none");
    }
    const { source: _, ...token } = namedToken(content, source);
    added.set(content, { ...token, ...added.get(content), id, special: true });
  }
  return { ...json, added_tokens: [...added.values()].sort((a, b) => a.id - b.id) };
}

async function noVocabulary(directory: string): Promise<Error> {
  const names = await readdir(directory).catch((): string[] => []);
  const found = OTHER_VOCABULARIES.filter((name) => names.includes(name)).join(" and ");
  const cure =
    "To fix it, let Python write a tokenizer.json: " +
    "AutoTokenizer.from_pretrained(directory).save_pretrained(directory)";
  const received = found === "" ? "a directory without them" : `${found} alone. ${cure}`;
  return fileError(directory, "a tokenizer.json or a vocab.txt", received);
}

export async function writeJson(directory: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(directory, name), `${JSON.stringify(value, null, 2)}\n`);
}
