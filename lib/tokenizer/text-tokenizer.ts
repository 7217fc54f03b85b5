import type { Tokenizer } from "tokenizers";
import { expected } from "../errors.js";
import { requirePath } from "../files/require-path.js";
import { writeError } from "../files/write-error.js";
import { checkClass } from "./class-parts.js";
import { type EarlyCut, earlyCutOf } from "./early-cut.js";
import { effectiveConfig, effectiveJson } from "./effective-files.js";
import { type AlignedEncoding, type Encoding, frameAlignment, frameTexts, type Limit } from "./encoding.js";
import { fileError } from "./file-error.js";
import { type Frame, specialTokenCount } from "./frame.js";
import { createNative, encodeNatively } from "./native-tokenizer.js";
import { frameOf } from "./post-processor.js";
import { type ShortenedText, shortenerOf } from "./shortened-text.js";
import { BERT_TOKENS, namedTokens, withoutTokens } from "./special-tokens.js";
import { type TextInput, textsOf } from "./text-input.js";
import { BERT_LAYOUT, type SpecialTokens, type TextLayout } from "./text-layout.js";
import { alignmentOf, type TokenizedText, tokenizedTexts } from "./tokenized-texts.js";
import { readTokenizerFiles, type TokenizerFiles, vocabularyFiles, writeJson } from "./tokenizer-files.js";
import { pieceIds, type TokenizerConfig, type TokenizerJson, type TokenizerKind } from "./tokenizer-json.js";
import { writeVocab } from "./vocab-file.js";
import { continuationOf } from "./word-marks.js";

/** How far texts are cut. */
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
  /** The id of the token that fills up: `[PAD]`. */
  readonly padId: number;
  /** The id of the token for what the vocabulary lacks: `[UNK]`. */
  readonly unkId: number;
  /** The id of the token before a text: `[CLS]`. */
  readonly clsId: number;
  /** The id of the token behind a text: `[SEP]`. */
  readonly sepId: number;
  /** The id of the token in the place of a word: `[MASK]`. */
  readonly maskId: number;
  /** The text of the token with `maskId`: `[MASK]` or `<mask>`. */
  readonly maskToken: string;
  /** How words become tokens. */
  readonly kind: TokenizerKind;
  /** What stands around one text, or around two and between them. */
  readonly frame: Frame;
  /** Tokens that `encode` never cuts into pieces: padding, unknown, `cls`, `sep` and mask, then those the files add. */
  readonly specialTokens: readonly string[];
  /** Whether texts are lowered, where the vocabulary alone tells it; undefined where the files do. */
  readonly guessedLowercase: boolean | undefined;
  readonly #native: Tokenizer;
  #asText: Tokenizer | undefined; // made when it is asked for
  #continues: ((id: number) => boolean) | undefined; // made when it is asked for
  readonly #earlyCut: EarlyCut | undefined;
  readonly #shorten: ((text: string) => ShortenedText) | undefined;
  readonly #json: TokenizerJson;
  readonly #config: TokenizerConfig;
  readonly #source: string;
  readonly #tokens: SpecialTokens;

  private constructor(files: TokenizerFiles) {
    const { config, layout, source } = files;
    this.#tokens = namedTokens(config, layout.specialTokens);
    this.#json = effectiveJson(files);
    this.#config = config;
    this.#source = source;
    this.kind = this.#json.model.type;
    const ids = pieceIds(this.#json);
    const frame = frameOf(this.#json.post_processor!, ids, source);
    checkClass(this.#json, { ...files, frame, tokens: this.#tokens });
    checkModelLength(files, frame);
    const segments = frame.segments && layout.segments;
    this.frame = { ...frame, segments, ...(segments && layout.tokenTypes === 1 && { takesNoPairs: true }) };
    this.#native = createNative(this.#json, source);
    this.#earlyCut = earlyCutOf(this.#json);
    this.#shorten = shortenerOf(this.#json);
    const own = Object.values(this.#tokens);
    this.specialTokens = [...new Set([...own, ...files.extraTokens])];
    this.guessedLowercase = files.guessesCase ? config.do_lower_case : undefined;
    this.vocabSize = ids.size;
    this.maskToken = this.#tokens.mask;
    [this.padId, this.unkId, this.clsId, this.sepId, this.maskId] = own.map((token) => ids.get(token)!) as [
      number,
      number,
      number,
      number,
      number,
    ];
  }

  /**
   * Loads the tokenizer of a model directory in the Hugging Face layout: from `tokenizer.json`, else from
   * `vocab.txt`. `tokenizer_config.json`, where it is there, names the special tokens and says how case, accents and
   * Chinese characters are treated. Of padding and truncation, a `tokenizer.json` says only which end is cut.
   *
   * @param defaults what the model's family says of texts where the files are silent. Default: BERT's
   * @throws LibbertError ERR_CHECKPOINT, naming the file: none there, damaged, of another kind, or a special token
   *   missing
   */
  static async load(directory: string, defaults: TextLayout = BERT_LAYOUT): Promise<TextTokenizer> {
    requirePath(directory, "a model directory", "directory");
    const files = await readTokenizerFiles(directory, defaults);
    const { tokenTypes } = defaults;
    return new TextTokenizer({ ...files, layout: { ...files.layout, tokenTypes } });
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
    const { lowercase = true, specialTokens = [] } = options;
    const extraTokens = specialTokens.filter((token) => !BERT_TOKENS.includes(token));
    const config = {
      do_lower_case: lowercase,
      ...(extraTokens.length > 0 && { additional_special_tokens: extraTokens }),
    };
    return new TextTokenizer(vocabularyFiles(pieces, config, { layout: BERT_LAYOUT, extraTokens }));
  }

  /** Encodes one text, or a pair, with words and offsets. */
  async encode(text: string, pair?: string, options: EncodeOptions = {}): Promise<AlignedEncoding> {
    const [encoding] = await this.encodeBatchAligned([pair === undefined ? text : [text, pair]], options);
    return encoding!;
  }

  /** Encodes many texts or pairs on all cores: ids only, which costs the least. */
  async encodeBatch(inputs: readonly TextInput[], options: EncodeOptions = {}): Promise<Encoding[]> {
    const limit = this.#limit(options);
    return this.#mapTexts(inputs, limit, (tokenized) =>
      frameTexts(
        tokenized.map(({ native, count }) => native.getIds().slice(0, count)),
        this.frame,
        limit,
      ),
    );
  }

  /** As `encodeBatch`, with words and offsets. */
  async encodeBatchAligned(
    inputs: readonly TextInput[],
    options: EncodeOptions = {},
  ): Promise<AlignedEncoding[]> {
    const limit = this.#limit(options);
    return this.#mapTexts(inputs, limit, (tokenized) => {
      const ids = tokenized.map(({ native, count }) => native.getIds().slice(0, count));
      const { frame } = this;
      return {
        ...frameTexts(ids, frame, limit),
        ...frameAlignment(tokenized.map(alignmentOf), frame, limit),
      };
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
      const native = await encodeNatively(this.#asText, some, this.#source);
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
   * @throws LibbertError ERR_RUNTIME when the files cannot be written
   */
  async save(directory: string, options: { modelMaxLength?: number } = {}): Promise<void> {
    requirePath(directory, "a directory", "directory");
    try {
      await this.write(directory, options);
    } catch (error) {
      throw writeError("the tokenizer", directory, "directory", error);
    }
  }

  /** As `save`, with the file system's own errors. */
  async write(directory: string, options: { modelMaxLength?: number } = {}): Promise<void> {
    await writeJson(directory, "tokenizer.json", this.#json);
    if (this.kind === "WordPiece") await writeVocab(directory, pieceIds(this.#json));
    const config = effectiveConfig(this.#json, this.#config, this.#tokens, this.frame);
    const { modelMaxLength = config.model_max_length } = options;
    await writeJson(directory, "tokenizer_config.json", { ...config, model_max_length: modelMaxLength });
  }

  #createAsText(): Tokenizer {
    const own = Object.values(this.#tokens);
    return createNative(withoutTokens(this.#json, own, pieceIds(this.#json)), this.#source);
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

  #limit({ maxLength }: EncodeOptions): Limit {
    const side = this.#config.truncation_side ?? "right";
    return { maxLength: checkedMaxLength(maxLength, this.frame), side };
  }

  /** Tokenizes the texts of all inputs, special tokens aside, and hands each input's own to `map`. */
  async #mapTexts<Result>(
    inputs: readonly TextInput[],
    limit: Limit,
    map: (texts: readonly TokenizedText[]) => Result,
  ): Promise<Result[]> {
    const tokenize = (texts: readonly string[]) => encodeNatively(this.#native, texts, this.#source);
    const cut = limit.side === "right" ? this.#earlyCut : undefined;
    const shorten = this.#shorten;
    const results: Result[] = [];
    for (let start = 0; start < inputs.length; start += TEXTS_PER_CALL) {
      const texts = inputs.slice(start, start + TEXTS_PER_CALL).map(textsOf);
      const budgetOf = (own: readonly string[]) =>
        limit.maxLength - specialTokenCount(this.frame, own.length as 1 | 2);
      for (const own of await tokenizedTexts(texts, { tokenize, budgetOf, cut, shorten }))
        results.push(map(own));
    }
    return results;
  }
}

/** A model that has no room for a pair could not be called. */
function checkModelLength({ config, source }: TokenizerFiles, frame: Frame): void {
  const { model_max_length: length } = config;
  const least = specialTokenCount(frame, 2);
  if (length === undefined || length >= least) return;
  const what = `a model_max_length of at least ${least}, the special tokens around a pair,`;
  throw fileError(source, what, `${length} in tokenizer_config.json`);
}

function checkedMaxLength(maxLength: number | undefined, frame: Frame): number {
  if (maxLength === undefined) return Number.POSITIVE_INFINITY;
  const least = specialTokenCount(frame, 2);
  if (Number.isInteger(maxLength) && maxLength >= least) return maxLength;
  throw expected(`an integer of at least ${least}`, "maxLength", maxLength);
}
