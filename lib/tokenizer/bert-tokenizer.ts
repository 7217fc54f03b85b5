import { join } from "node:path";
import { type Encoding as NativeEncoding, Tokenizer } from "tokenizers";
import { expected } from "../errors.js";
import { type AlignedEncoding, type Encoding, frameAlignment, frameTexts } from "./encoding.js";
import { BERT_TOKENS, extraTokensOf, withoutBertTokens } from "./special-tokens.js";
import {
  checkedPieces,
  checkSpecialTokens,
  fileError,
  readTokenizerFiles,
  type TokenizerFiles,
  writeVocabAndConfig,
} from "./tokenizer-files.js";
import {
  settledConfig,
  settledJson,
  type TokenizerConfig,
  type TokenizerJson,
  wordPieceJson,
} from "./tokenizer-json.js";
import { toUtf16Offsets } from "./utf16-offsets.js";

/** A text, or a pair of texts. */
export type TokenizerInput = string | readonly [text: string, pair: string];

export interface EncodeOptions {
  /**
   * The most tokens to keep, special tokens included; at least 3. Of a pair, the longer text is cut first.
   * Default: keep all.
   */
  maxLength?: number;
}

/** How many texts go to the native tokenizer at once: enough for all its threads, few enough to stay small. */
const TEXTS_PER_CALL = 1024;

/**
 * BERT's WordPiece tokenizer.
 *
 * ```ts
 * const tokenizer = await BertTokenizer.load("path/to/checkpoint");
 * const { inputIds } = await tokenizer.encode("a gripping film", undefined, { maxLength: 128 });
 * await tokenizer.decode(inputIds); // "a gripping film"
 * ```
 */
export class BertTokenizer {
  /** The number of ids, the special tokens' among them. */
  readonly vocabSize: number;
  readonly padId: number;
  readonly unkId: number;
  readonly clsId: number;
  readonly sepId: number;
  readonly maskId: number;
  /** Tokens that `encode` never cuts into pieces: BERT's five, and others that the tokenizer's files name. */
  readonly specialTokens: readonly string[];
  readonly #native: Tokenizer;
  #asText: Tokenizer | undefined; // made when it is asked for
  readonly #json: TokenizerJson;
  readonly #config: TokenizerConfig;

  private constructor({ json, config, source }: TokenizerFiles) {
    this.#json = settledJson(json, config);
    this.#config = config;
    checkSpecialTokens(json, BERT_TOKENS, source);
    this.#native = createNative(this.#json, source);
    const hasPiece = (token: string) => this.#native.tokenToId(token) !== null;
    this.specialTokens = [...BERT_TOKENS, ...extraTokensOf(config).filter(hasPiece)];
    // Where a vocab.txt, or a careless tokenizer.json, does not say so: a special token is never cut into pieces.
    this.#native.addSpecialTokens([...this.specialTokens]);
    this.vocabSize = this.#native.getVocabSize(true);
    [this.padId, this.unkId, this.clsId, this.sepId, this.maskId] = BERT_TOKENS.map(
      (token) => this.#native.tokenToId(token)!,
    ) as [number, number, number, number, number];
  }

  /**
   * Loads the tokenizer of a model directory in the Hugging Face layout: from `tokenizer.json`, else from
   * `vocab.txt`; `tokenizer_config.json`, where it is there, says how case, accents and Chinese characters are
   * treated. Padding and truncation that a `tokenizer.json` asks for are not applied.
   *
   * @throws LibbertError ERR_CHECKPOINT, naming the file: none there, damaged, or a special token missing
   */
  static async load(modelDirectory: string): Promise<BertTokenizer> {
    return new BertTokenizer(await readTokenizerFiles(modelDirectory));
  }

  /**
   * A tokenizer of a WordPiece vocabulary in memory.
   *
   * @param pieces the vocabulary in order of the ids, the five special tokens among it
   * @param options.lowercase lower the case and strip accents. Default: true
   * @param options.specialTokens pieces that are never cut, beside those five. Default: none
   * @throws LibbertError ERR_CHECKPOINT when a piece is there twice or a special token is missing
   */
  static fromVocab(
    pieces: readonly string[],
    options: { lowercase?: boolean; specialTokens?: readonly string[] } = {},
  ): BertTokenizer {
    const source = "the vocabulary given";
    const json = wordPieceJson(checkedPieces(pieces, source));
    const { lowercase = true, specialTokens = [] } = options;
    const extra = specialTokens.filter((token) => !BERT_TOKENS.includes(token));
    const config = {
      do_lower_case: lowercase,
      ...(extra.length > 0 && { additional_special_tokens: extra }),
    };
    return new BertTokenizer({ json, config, source });
  }

  /** Encodes one text, or a pair, with words and offsets. */
  async encode(text: string, pair?: string, options: EncodeOptions = {}): Promise<AlignedEncoding> {
    const [encoding] = await this.encodeBatchAligned([pair === undefined ? text : [text, pair]], options);
    return encoding!;
  }

  /** Encodes many texts or pairs on all cores: ids only, which costs the least. */
  async encodeBatch(inputs: readonly TokenizerInput[], options: EncodeOptions = {}): Promise<Encoding[]> {
    const maxLength = checkedMaxLength(options);
    return this.#mapTexts(inputs, (_, native) =>
      frameTexts(
        native.map((encoding) => encoding.getIds()),
        this,
        maxLength,
      ),
    );
  }

  /** As `encodeBatch`, with words and offsets. */
  async encodeBatchAligned(
    inputs: readonly TokenizerInput[],
    options: EncodeOptions = {},
  ): Promise<AlignedEncoding[]> {
    const maxLength = checkedMaxLength(options);
    return this.#mapTexts(inputs, (texts, native) => {
      const ids = native.map((encoding) => encoding.getIds());
      const alignments = native.map((encoding, index) => alignmentOf(texts[index]!, encoding));
      return { ...frameTexts(ids, this, maxLength), ...frameAlignment(alignments, maxLength) };
    });
  }

  /**
   * The tokens of each text, without `[CLS]` and `[SEP]` around it, for text of unknown origin: where it says "[MASK]",
   * that is a word in brackets, as with `split_special_tokens` in transformers. Only special tokens beside BERT's five,
   * which somebody wanted in the text, stay whole.
   */
  async encodeAsText(texts: readonly string[]): Promise<Int32Array[]> {
    this.#asText ??= this.#createAsText();
    const results: Int32Array[] = [];
    for (let start = 0; start < texts.length; start += TEXTS_PER_CALL) {
      const some = texts.slice(start, start + TEXTS_PER_CALL);
      const native = await this.#asText.encodeBatch(some, { addSpecialTokens: false });
      for (const encoding of native) results.push(Int32Array.from(encoding.getIds()));
    }
    return results;
  }

  /** The text of `ids`, without special tokens; pieces are joined and spaces before punctuation go. */
  async decode(ids: Iterable<number>): Promise<string> {
    return this.#native.decode([...ids], true);
  }

  /** The id of a piece of the vocabulary, or `null`. */
  tokenToId(token: string): number | null {
    return this.#native.tokenToId(token);
  }

  /** The piece that has this id, or `null`. */
  idToToken(id: number): string | null {
    return this.#native.idToToken(id);
  }

  /** What is done to a text before it is cut into words: the `normalizer` of `tokenizer.json`. */
  get normalizer(): TokenizerJson["normalizer"] {
    return this.#json.normalizer;
  }

  /** How many tokens the model was made for (`model_max_length`), if its files say so. */
  get modelMaxLength(): number | undefined {
    return this.#config.model_max_length;
  }

  /**
   * Writes `tokenizer.json`, `vocab.txt` and `tokenizer_config.json` into an existing directory; Python's
   * `AutoTokenizer` loads the same tokenizer from there.
   *
   * @param options.modelMaxLength how many tokens the model was trained for. Default: what its files said
   */
  async save(directory: string, options: { modelMaxLength?: number } = {}): Promise<void> {
    this.#native.save(join(directory, "tokenizer.json"), true);
    const pieces: string[] = [];
    for (const [piece, id] of Object.entries(this.#native.getVocab(true))) pieces[id] = piece;
    const config = settledConfig(this.#json, this.#config);
    const { modelMaxLength = config.model_max_length } = options;
    await writeVocabAndConfig(directory, pieces, { ...config, model_max_length: modelMaxLength });
  }

  #createAsText(): Tokenizer {
    const json = withoutBertTokens(this.#json, this.#native.getVocab(true));
    const native = Tokenizer.fromString(JSON.stringify(json));
    native.addSpecialTokens(this.specialTokens.filter((token) => !BERT_TOKENS.includes(token)));
    return native;
  }

  /** Tokenizes the texts of all inputs, special tokens aside, and hands each input's own to `map`. */
  async #mapTexts<Result>(
    inputs: readonly TokenizerInput[],
    map: (texts: readonly string[], native: NativeEncoding[]) => Result,
  ): Promise<Result[]> {
    const results: Result[] = [];
    for (let start = 0; start < inputs.length; start += TEXTS_PER_CALL) {
      const texts = inputs.slice(start, start + TEXTS_PER_CALL).map(textsOf);
      const native = await this.#native.encodeBatch(texts.flat(), { addSpecialTokens: false });
      let next = 0;
      for (const own of texts) {
        results.push(map(own, native.slice(next, next + own.length)));
        next += own.length;
      }
    }
    return results;
  }
}

function createNative(json: TokenizerJson, source: string): Tokenizer {
  try {
    return Tokenizer.fromString(JSON.stringify(json));
  } catch (error) {
    throw fileError(source, "a tokenizer", `what is none (${(error as Error).message})`, { cause: error });
  }
}

function textsOf(input: TokenizerInput): readonly string[] {
  return typeof input === "string" ? [input] : input;
}

function checkedMaxLength({ maxLength }: EncodeOptions): number {
  if (maxLength === undefined) return Number.POSITIVE_INFINITY;
  if (Number.isInteger(maxLength) && maxLength >= 3) return maxLength;
  throw expected("an integer of at least 3", "maxLength", maxLength);
}

function alignmentOf(text: string, encoding: NativeEncoding) {
  const offsets = encoding.getOffsets() as [number, number][];
  toUtf16Offsets(text, offsets);
  return { wordIds: encoding.getWordIds().map((word) => word ?? null), offsets };
}
