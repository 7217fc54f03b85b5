import { sumOf } from "../arrays.js";
import type { SentenceFiles, SentenceModel } from "../checkpoint/sentence/model.js";
import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import { expected, LibbertError } from "../errors.js";
import { notFinite, PackedInference, rowStartsPer } from "../inference/packed-inference.js";
import type { Encoder } from "../models/encoder.js";
import { longestSequence } from "../models/encoder-config.js";
import { type EncoderInput, firstTokens } from "../models/encoder-input.js";
import type { Tensor } from "../tensor/tensor.js";
import { refuseCut } from "../tokenizer/cut-input.js";
import type { AlignedEncoding, Encoding } from "../tokenizer/encoding.js";
import type { TextInput } from "../tokenizer/text-input.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import { chosenLongTexts, type LongTexts } from "./long-texts.js";
import type { EmbeddedText, EmbedSettings, FeatureSettings, Features, TokenSpan, Vector } from "./options.js";
import { layersApart, pooledShape, poolRows, rowsPer, selectLayers } from "./pooling.js";
import { chosenPrompt } from "./prompt.js";
import { countPromptTokens, type PreparedAs, preparedTexts } from "./sentence-texts.js";
import { applyLayer, normalised, pooledTokens } from "./sentence-vector.js";
import { knownSimilarity, similarities } from "./similarity.js";
import { encodeTexts, pooledWindows } from "./text-windows.js";

export interface ExtractorParts {
  tokenizer: TextTokenizer;
  /** Tokens of a sequence, special tokens included. */
  maxSeqLength: number;
  /** What the model's files say of sentence vectors. */
  sentences: SentenceFiles;
  /** How its vectors are made of texts that are longer; null where those are cut. */
  longTexts: LongTexts | null;
  device: string;
  /** What an error says of a model that gives no finite numbers. */
  whyNonFinite(): string;
}

/** How vectors are made of texts, first to last. */
export interface VectorSteps extends Pick<SentenceModel, "poolings" | "layers"> {
  texts: PreparedAs;
  /** Tokens of a sequence, special tokens included. */
  maxLength: number;
  /** Null where longer texts are cut. */
  longTexts: LongTexts | null;
  /** Those of the prompt, counted where it stands before each window, or is not pooled; else 0. */
  promptTokens: number;
  /** Tokens at the start that are not pooled. */
  skipped: number;
  /** How many numbers of what the layers give are kept. Default: all */
  truncateDim: number | undefined;
  /** Whether they are made of length 1 at the end. */
  normalize: boolean;
}

/** Sentence vectors of a model whose files say nothing of them. */
export const WITHOUT_FILES: SentenceModel = {
  poolings: ["mean"],
  includePrompt: true,
  layers: [],
};

/** What an encoder makes of texts, without any layer on top; calls that overlap share batches. */
export class FeatureExtractor {
  readonly #encoder: Encoder;
  readonly #tokenizer: TextTokenizer;
  readonly #maxSeqLength: number;
  readonly #sentences: SentenceFiles;
  readonly #longTexts: LongTexts | null;
  readonly #inference: PackedInference<FeatureSettings>;

  constructor(
    encoder: Encoder,
    { tokenizer, maxSeqLength, sentences, longTexts, device, whyNonFinite }: ExtractorParts,
  ) {
    this.#encoder = encoder;
    this.#tokenizer = tokenizer;
    this.#maxSeqLength = maxSeqLength;
    this.#sentences = sentences;
    this.#longTexts = longTexts;
    this.#inference = new PackedInference({
      run: (input, { layers, pooling }) => {
        if (pooling === "cls" && layers.length === 1 && layers[0] === -1) return firstOfLast(encoder, input);
        const { hiddenStates } = encoder.forward(input);
        return poolRows(selectLayers(hiddenStates, layers), input.cuSeqlens, pooling);
      },
      rowsPer: (batch, { pooling }) => rowStartsPer(rowsPer(pooling), batch),
      device,
      whyNonFinite,
    });
  }

  /**
   * The hidden states of texts, pooled. Longer texts than `maxSeqLength` tokens are cut.
   *
   * @throws ERR_OPTION when the model has no such layer; the signal's reason
   */
  async extract(
    inputs: readonly TextInput[],
    settings: FeatureSettings,
    signal?: AbortSignal,
  ): Promise<Features[]> {
    const { pooling } = settings;
    const cut = { maxLength: this.#maxSeqLength };
    if (rowsPer(pooling) === "sequence") {
      const encodings = await this.#tokenizer.encodeBatch(inputs, cut);
      const rows = await this.#infer(encodings, settings, signal);
      return rows.map((values, text) => this.#featuresOf(values, encodings[text]!, settings));
    }
    const encodings = await this.#tokenizer.encodeBatchAligned(inputs, cut);
    const rows = await this.#infer(encodings, settings, signal);
    return rows.map((values, text) => ({
      ...this.#featuresOf(values, encodings[text]!, settings),
      tokens: this.#spansOf(encodings[text]!),
    }));
  }

  /**
   * One vector for each text, as sentence-transformers makes it of this model. Without its files, the mean of the last layer over the
   * text's tokens. Longer texts are cut, which is said beside the vector, or read in windows, of whose vectors the mean or the maximum goes
   * through the model's further layers.
   *
   * @param options.normalize whether vectors are made of length 1 at the end. Default: only without files
   * @param options.longTexts what becomes of longer texts. Default: what the model's files say, or they are cut
   * @param mayCut whether longer texts may be cut; otherwise they are refused with ERR_DATA. Default: true
   * @param options.truncateDim how many of a vector's numbers are kept, before that. Default: what the files say, or all
   * @throws ERR_CHECKPOINT when the files ask for what libbert does not have; ERR_OPTION for a prompt's name that the model does not
   *   have, and for windows that do not get ahead; ERR_DATA for a pair that is to be read in windows, and for a text of too many; the
   *   signal's reason
   */
  async embed(
    inputs: readonly TextInput[],
    settings: EmbedSettings = {},
    signal?: AbortSignal,
    mayCut = true,
  ): Promise<EmbeddedText[]> {
    const steps = await this.vectorSteps(settings);
    const { texts, maxLength, longTexts, promptTokens, layers, truncateDim, normalize } = steps;
    const prepared = preparedTexts(inputs, this.#tokenizer, texts);
    const reading = { maxLength, longTexts, promptTokens: inputs.map(() => promptTokens) };
    const read = await encodeTexts(this.#tokenizer, prepared, reading);
    refuseCut(
      read.map(([first]) => first!),
      mayCut,
    );
    const vectors = await this.#sentenceVectors(read.flat(), steps, signal);
    let next = 0;
    return read.map((windows) => {
      const own = vectors.slice(next, next + windows.length);
      next += windows.length;
      const pooled = longTexts === null ? own[0]! : pooledWindows(own, longTexts.pooling);
      const whole = layers.reduce((vector, layer) => applyLayer(layer, vector), pooled);
      const vector = truncateDim === undefined ? whole : whole.slice(0, truncateDim);
      if (!vector.every(Number.isFinite)) throw notFinite("the layers that modules.json names are damaged");
      return {
        vector: normalize ? normalised(vector) : vector,
        tokens: sumOf(windows.map(({ inputIds }) => inputIds.length)),
        ...(windows[0]!.truncated && { truncated: true as const }),
      };
    });
  }

  /**
   * How `embed()` makes vectors with these settings.
   *
   * @throws ERR_CHECKPOINT and ERR_OPTION as `embed()`
   */
  async vectorSteps(settings: EmbedSettings): Promise<VectorSteps> {
    const { model, vectors, maxSeqLength, lowercase } = this.#sentences;
    if (model instanceof LibbertError) throw model;
    const { normalize = model === null, truncateDim = vectors.truncateDim } = settings;
    const texts = { prompt: chosenPrompt(vectors.prompts, settings), lowercase };
    const maxLength =
      maxSeqLength === undefined
        ? this.#maxSeqLength
        : Math.min(maxSeqLength, longestSequence(this.#encoder.config));
    const { frame } = this.#tokenizer;
    const longTexts = chosenLongTexts(settings, this.#longTexts ?? {}, { frame, maxSeqLength: maxLength });
    const { includePrompt, ...made } = model ?? WITHOUT_FILES;
    checkTruncation(settings, vectorLength(made, this.#encoder.config.hiddenSize));
    const isPromptCounted = longTexts !== null || !includePrompt;
    const promptTokens = isPromptCounted ? await countPromptTokens(this.#tokenizer, texts, maxLength) : 0;
    const skipped = includePrompt || promptTokens === 0 ? 0 : frame.open.length + promptTokens;
    return { ...made, texts, maxLength, longTexts, promptTokens, skipped, truncateDim, normalize };
  }

  async #sentenceVectors(
    encodings: readonly Encoding[],
    { poolings, skipped }: Pick<VectorSteps, "poolings" | "skipped">,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const [only] = poolings;
    if (poolings.length === 1 && skipped === 0 && (only === "mean" || only === "cls"))
      return this.#infer(encodings, { layers: [-1], pooling: only }, signal);
    const rows = await this.#infer(encodings, { layers: [-1], pooling: "concat" }, signal);
    const { hiddenSize } = this.#encoder.config;
    return rows.map((values) => pooledTokens({ values, hiddenSize }, poolings, skipped));
  }

  /** How alike each of some vectors is to each of others, as the model's files say. @throws ERR_CHECKPOINT for a function unknown here */
  similarity(a: readonly Vector[], b: readonly Vector[]): Float32Array[] {
    return similarities(this.#sentences.vectors.similarity, a, b);
  }

  /** How the model's files say that vectors are compared. @throws ERR_CHECKPOINT for a function unknown here */
  get similarityName(): SimilarityName {
    return knownSimilarity(this.#sentences.vectors.similarity);
  }

  #infer(
    encodings: readonly Encoding[],
    settings: FeatureSettings,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    this.#encoder.train(false);
    return this.#inference.infer(encodings, settings, signal);
  }

  #featuresOf(
    rows: Float32Array,
    { inputIds, truncated }: Encoding,
    { layers, pooling }: FeatureSettings,
  ): Features {
    const { hiddenSize } = this.#encoder.config;
    const values = pooling === "none" ? layersApart(rows, layers.length, hiddenSize) : rows;
    const sizes = { layers: layers.length, tokens: inputIds.length, hiddenSize };
    const shape = pooledShape(pooling, sizes);
    return { values, shape, ...(truncated && { truncated: true as const }) };
  }

  #spansOf({ inputIds, textIds, offsets }: AlignedEncoding): TokenSpan[] {
    return Array.from(inputIds, (id, index) => ({
      token: this.#tokenizer.idToToken(id)!,
      text: textIds[index]!,
      start: offsets[index]![0],
      end: offsets[index]![1],
    }));
  }
}

/** What the last layer gives of each sequence's first token, and nothing else of that layer: float32 [B, H]. */
function firstOfLast(encoder: Encoder, input: EncoderInput): Tensor {
  return encoder.forward({ ...input, outputTokens: firstTokens(input) }).lastHiddenState.to("float32");
}

/** How many numbers the vectors have that the layers give. */
function vectorLength({ poolings, layers }: Pick<SentenceModel, "poolings" | "layers">, hiddenSize: number) {
  const widths = layers.flatMap((layer) => (layer.kind === "dense" ? layer.weight.rows : []));
  return widths.at(-1) ?? poolings.length * hiddenSize;
}

/** @throws ERR_OPTION for more numbers than there are */
function checkTruncation({ truncateDim }: EmbedSettings, length: number): void {
  if (truncateDim !== undefined && truncateDim > length)
    throw expected(`at most ${length}, the length of the model's vectors,`, "truncateDim", truncateDim);
}
