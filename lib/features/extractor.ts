import { PackedInference, rowStartsPer } from "../inference/packed-inference.js";
import type { Encoder } from "../models/encoder.js";
import type { AlignedEncoding, Encoding } from "../tokenizer/encoding.js";
import type { TextTokenizer, TokenizerInput } from "../tokenizer/text-tokenizer.js";
import type { FeatureSettings, Features, TokenSpan } from "./options.js";
import { layersApart, normalised, pooledShape, poolRows, rowsPer, selectLayers } from "./pooling.js";

/** What an encoder makes of texts, without any layer on top; calls that overlap share batches. */
export class FeatureExtractor {
  readonly #encoder: Encoder;
  readonly #tokenizer: TextTokenizer;
  readonly #maxSeqLength: number;
  readonly #inference: PackedInference<FeatureSettings>;

  constructor(
    encoder: Encoder,
    { tokenizer, maxSeqLength, device }: { tokenizer: TextTokenizer; maxSeqLength: number; device: string },
  ) {
    this.#encoder = encoder;
    this.#tokenizer = tokenizer;
    this.#maxSeqLength = maxSeqLength;
    this.#inference = new PackedInference({
      run: (input, { layers, pooling }) => {
        const { hiddenStates } = encoder.forward(input);
        return poolRows(selectLayers(hiddenStates, layers), input.cuSeqlens, pooling);
      },
      rowsPer: (batch, { pooling }) => rowStartsPer(rowsPer(pooling), batch),
      device,
    });
  }

  /**
   * The hidden states of texts, pooled. Longer texts than `maxSeqLength` tokens are cut.
   *
   * @throws ERR_OPTION when the model has no such layer; the signal's reason
   */
  async extract(
    inputs: readonly TokenizerInput[],
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
   * One vector for each text, of length 1: the mean of the last layer over its tokens, normalised, as
   * sentence-transformers makes them. Longer texts than `maxSeqLength` tokens are cut.
   */
  async embed(inputs: readonly TokenizerInput[], signal?: AbortSignal): Promise<Float32Array[]> {
    const encodings = await this.#tokenizer.encodeBatch(inputs, { maxLength: this.#maxSeqLength });
    return (await this.#infer(encodings, { layers: [-1], pooling: "mean" }, signal)).map(normalised);
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
    return { values, shape, ...(truncated > 0 && { truncated: true as const }) };
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
