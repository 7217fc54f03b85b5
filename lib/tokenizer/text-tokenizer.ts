import { join } from "node:path";
import { type Encoding as NativeEncoding, Tokenizer } from "tokenizers";
import { expected } from "../errors.js";
import { effectiveConfig, effectiveJson } from "./effective-files.js";
import { type AlignedEncoding, type Encoding, frameAlignment, frameTexts } from "./encoding.js";
import { fileError } from "./file-error.js";
import { type Frame, specialTokenCount } from "./frame.js";
import { frameOf } from "./post-processor.js";
import { BERT_TOKENS, extraTokensOf, namedTokens, withoutTokens } from "./special-tokens.js";
import { BERT_LAYOUT, type SpecialTokens, type TextLayout } from "./text-layout.js";
import {
  checkedPieces,
  checkSpecialTokens,
  readTokenizerFiles,
  type TokenizerFiles,
  writeConfig,
  writeVocab,
} from "./tokenizer-files.js";
import {
  type TokenizerConfig,
  type TokenizerJson,
  type TokenizerKind,
  wordPieceJson,
} from "./tokenizer-json.js";
import { toUtf16Offsets } from "./utf16-offsets.js";
import { continuationOf } from "./word-marks.js";

/** A text, or a pair of texts. */
export type TokenizerInput = string | readonly [text: string, pair: string];

export interface EncodeOptions {
  /**
   * The most tokens to keep, special tokens included; at least as many as stand around a pair: 3 with BERT's frame.
   * Of a pair, the longer text is cut first.
   * Default: keep all.
   */
  maxLength?: number;
}

/** How many texts go to the native tokenizer at once: enough for all its threads, few enough to stay small. */
const TEXTS_PER_CALL = 1024;

/**
 * The tokenizer of a model: WordPiece, byte-level BPE or Unigram, with the special tokens around texts.
 *
 * ```ts
 * const tokenizer = await TextTokenizer.load("path/to/checkpoint");
 * const { inputIds } = await tokenizer.encode("a gripping film", undefined, { maxLength: 128 });
 * await tokenizer.decode(inputIds); // "a gripping film"
 * ```
 */
export class TextTokenizer {
  /** The number of ids, the special tokens' among them. */
  readonly vocabSize: number;
  readonly padId: number;
  readonly unkId: number;
  readonly clsId: number;
  readonly sepId: number;
  readonly maskId: number;
  /** The text of the token with `maskId`: `[MASK]` or `<mask>`. */
  readonly maskToken: string;
  readonly kind: TokenizerKind;
  /** What stands around one text, or around two and between them. */
  readonly frame: Frame;
  /** Tokens that `encode` never cuts into pieces: padding, unknown, `cls`, `sep` and mask, then those the files add. */
  readonly specialTokens: readonly string[];
  readonly #native: Tokenizer;
  #asText: Tokenizer | undefined; // made when it is asked for
  #continues: ((id: number) => boolean) | undefined; // made when it is asked for
  readonly #json: TokenizerJson;
  readonly #config: TokenizerConfig;
  readonly #source: string;
  readonly #tokens: SpecialTokens;

  private constructor({ json, config, layout, source }: TokenizerFiles) {
    this.#tokens = namedTokens(config, layout.specialTokens);
    checkSpecialTokens(json, this.#tokens, source);
    this.#json = effectiveJson(json, config, layout, this.#tokens);
    this.#config = config;
    this.#source = source;
    this.kind = json.model.type;
    this.#native = createNative(this.#json, source);
    const own = Object.values(this.#tokens);
    const hasPiece = (token: string) => this.#native.tokenToId(token) !== null;
    this.specialTokens = [...own, ...extraTokensOf(config, own).filter(hasPiece)];
    addSpecialTokens(this.#native, this.#json, this.specialTokens);
    this.vocabSize = this.#native.getVocabSize(true);
    const frame = frameOf(this.#json.post_processor!, source);
    this.frame = { ...frame, segments: frame.segments && layout.segments };
    this.maskToken = this.#tokens.mask;
    [this.padId, this.unkId, this.clsId, this.sepId, this.maskId] = own.map(
      (token) => this.#native.tokenToId(token)!,
    ) as [number, number, number, number, number];
  }

  /**
   * Loads the tokenizer of a model directory in the Hugging Face layout: from `tokenizer.json`, else from
   * `vocab.txt`. `tokenizer_config.json`, where it is there, names the special tokens and says how case, accents and
   * Chinese characters are treated. Padding and truncation that a `tokenizer.json` asks for are not applied.
   *
   * @param defaults what the model's family says of texts where the files are silent. Default: BERT's
   * @throws LibbertError ERR_CHECKPOINT, naming the file: none there, damaged, of another kind, or a special token
   *   missing
   */
  static async load(directory: string, defaults: TextLayout = BERT_LAYOUT): Promise<TextTokenizer> {
    return new TextTokenizer(await readTokenizerFiles(directory, defaults));
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
  ): TextTokenizer {
    const source = "the vocabulary given";
    const json = wordPieceJson(checkedPieces(pieces, source), BERT_LAYOUT.specialTokens.unk);
    const { lowercase = true, specialTokens = [] } = options;
    const extra = specialTokens.filter((token) => !BERT_TOKENS.includes(token));
    const config = {
      do_lower_case: lowercase,
      ...(extra.length > 0 && { additional_special_tokens: extra }),
    };
    return new TextTokenizer({ json, config, layout: BERT_LAYOUT, source });
  }

  /** Encodes one text, or a pair, with words and offsets. */
  async encode(text: string, pair?: string, options: EncodeOptions = {}): Promise<AlignedEncoding> {
    const [encoding] = await this.encodeBatchAligned([pair === undefined ? text : [text, pair]], options);
    return encoding!;
  }

  /** Encodes many texts or pairs on all cores: ids only, which costs the least. */
  async encodeBatch(inputs: readonly TokenizerInput[], options: EncodeOptions = {}): Promise<Encoding[]> {
    const maxLength = checkedMaxLength(options, this.frame);
    return this.#mapTexts(inputs, (_, native) =>
      frameTexts(
        native.map((encoding) => encoding.getIds()),
        this.frame,
        maxLength,
      ),
    );
  }

  /** As `encodeBatch`, with words and offsets. */
  async encodeBatchAligned(
    inputs: readonly TokenizerInput[],
    options: EncodeOptions = {},
  ): Promise<AlignedEncoding[]> {
    const maxLength = checkedMaxLength(options, this.frame);
    return this.#mapTexts(inputs, (texts, native) => {
      const ids = native.map((encoding) => encoding.getIds());
      const alignments = native.map((encoding, index) => alignmentOf(texts[index]!, encoding));
      const { frame } = this;
      return { ...frameTexts(ids, frame, maxLength), ...frameAlignment(alignments, frame, maxLength) };
    });
  }

  /**
   * The tokens of each text, without special tokens around it, for text of unknown origin: where it says "[MASK]" or
   * "<s>", that is a word in brackets, as with `split_special_tokens` in transformers. Only special tokens beside the
   * model's own five, which somebody wanted in the text, stay whole.
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

  /**
   * Whether the piece with this id goes on with the word before it: `##ing`, or a piece without the mark of a space
   * (Ġ, ▁). Never a special token.
   *
   * @throws LibbertError ERR_CHECKPOINT for a tokenizer whose pieces do not show where words start
   */
  continuesWord(id: number): boolean {
    this.#continues ??= this.#createContinues();
    return this.#continues(id);
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
   * Writes `tokenizer.json`, `tokenizer_config.json` and, of a WordPiece tokenizer, `vocab.txt` into an existing
   * directory; Python's `AutoTokenizer` loads the same tokenizer from there.
   *
   * @param options.modelMaxLength how many tokens the model was trained for. Default: what its files said
   */
  async save(directory: string, options: { modelMaxLength?: number } = {}): Promise<void> {
    this.#native.save(join(directory, "tokenizer.json"), true);
    if (this.kind === "WordPiece") await writeVocab(directory, this.#native.getVocab(true));
    const config = effectiveConfig(this.#json, this.#config, this.#tokens, this.frame);
    const { modelMaxLength = config.model_max_length } = options;
    await writeConfig(directory, { ...config, model_max_length: modelMaxLength });
  }

  #createAsText(): Tokenizer {
    const own = Object.values(this.#tokens);
    const json = withoutTokens(this.#json, own, this.#native.getVocab(true));
    const native = createNative(json, this.#source);
    addSpecialTokens(
      native,
      json,
      this.specialTokens.filter((token) => !own.includes(token)),
    );
    return native;
  }

  #createContinues(): (id: number) => boolean {
    const continues = continuationOf(this.#json);
    if (!continues) {
      throw fileError(
        this.#source,
        "pieces that show where words start",
        `a ${this.kind} model without marks`,
      );
    }
    const added = this.#json.added_tokens?.map(({ content }) => content) ?? [];
    const whole = new Set([...this.specialTokens, ...added]);
    return (id) => {
      const piece = this.#native.idToToken(id);
      return piece !== null && !whole.has(piece) && continues(piece);
    };
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
  let native: Tokenizer;
  try {
    native = Tokenizer.fromString(JSON.stringify(json));
  } catch (error) {
    throw fileError(source, "a tokenizer", `what is none (${(error as Error).message})`, { cause: error });
  }
  for (const { content, id } of json.added_tokens ?? []) {
    const given = native.tokenToId(content);
    if (given !== id) throw fileError(source, `id ${given} for the added token ${content}`, `${id}`);
  }
  return native;
}

/**
 * Where a vocab.txt, or a careless tokenizer.json, does not say so: a special token is never cut into pieces. One that
 * `json` has keeps what it says, such as that `<mask>` takes the space before it.
 */
function addSpecialTokens(native: Tokenizer, json: TokenizerJson, tokens: readonly string[]): void {
  const known = new Set(json.added_tokens?.filter(({ special }) => special).map(({ content }) => content));
  native.addSpecialTokens(tokens.filter((token) => !known.has(token)));
}

function textsOf(input: TokenizerInput): readonly string[] {
  return typeof input === "string" ? [input] : input;
}

function checkedMaxLength({ maxLength }: EncodeOptions, frame: Frame): number {
  if (maxLength === undefined) return Number.POSITIVE_INFINITY;
  const least = specialTokenCount(frame, 2);
  if (Number.isInteger(maxLength) && maxLength >= least) return maxLength;
  throw expected(`an integer of at least ${least}`, "maxLength", maxLength);
}

function alignmentOf(text: string, encoding: NativeEncoding) {
  const offsets = encoding.getOffsets() as [number, number][];
  toUtf16Offsets(text, offsets);
  return { wordIds: encoding.getWordIds().map((word) => word ?? null), offsets };
}
