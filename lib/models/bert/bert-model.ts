import { expected } from "../../errors.js";
import { checkpoint } from "../../nn/gradient-checkpointing.js";
import { Module, type Parameter } from "../../nn/module.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Encoder, EncoderOutputs, Packing } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import { type EncoderInput, withOffsetsOnDevice } from "../encoder-input.js";
import type { PackedBatch } from "../packing.js";
import { roundedInput, withRows } from "../rounded-batch.js";
import { BertEmbeddings } from "./embeddings.js";
import { BertEncoder, BertLayer } from "./layers.js";
import { PackedLayers } from "./packed-layers.js";

/**
 * The encoder of the paper: embeddings and layers. DistilBERT and RoBERTa are the same with other numbers (no segments, or
 * positions that start at 2) and other names in their checkpoints. What pools the tokens belongs to the heads.
 */
export class BertModel extends Module implements Encoder {
  /** Words, positions and segments to the first hidden states. */
  readonly embeddings: BertEmbeddings;
  /** The layers, or what `packForPrediction()` made of them. */
  encoder: BertEncoder | PackedLayers;

  constructor(public config: EncoderConfig) {
    super();
    this.embeddings = new BertEmbeddings(config);
    this.encoder = new BertEncoder(config);
  }

  get wordEmbeddings(): Parameter {
    return this.embeddings.wordTable;
  }

  /** A new layer on top of the others, without dropout: nothing of it is trained. @internal */
  addFixedLayer(): BertLayer {
    if (this.encoder instanceof PackedLayers) throw new Error("Expected layers that are not packed");
    const without = { hiddenDropout: 0, attentionDropout: 0, attentionOutputDropout: 0 };
    const layer = new BertLayer({ ...this.config, ...without });
    this.encoder.layer.push(layer);
    this.config = { ...this.config, numHiddenLayers: this.encoder.layer.length };
    return layer;
  }

  packForPrediction({ int8 = false, keepsWordEmbeddings = false }: Packing = {}): void {
    if (this.encoder instanceof PackedLayers) return;
    const { activation } = this.config;
    if (PackedLayers.canPack(this.config)) this.encoder = new PackedLayers(this.encoder, this.config, int8);
    else if (int8)
      throw expected(`"float32" or "bfloat16", as the activation is ${activation},`, "dtype", "int8");
    if (int8 && !keepsWordEmbeddings) this.embeddings.quantiseWords();
  }

  forward(input: EncoderInput): EncoderOutputs {
    const takesAnyLength = this.encoder instanceof PackedLayers && this.encoder.takesAnyLength;
    const hiddenStates = takesAnyLength ? this.#hiddenStates(input) : this.#hiddenStatesOfRounded(input);
    return { hiddenStates, lastHiddenState: hiddenStates.at(-1)! };
  }

  #hiddenStates(input: EncoderInput): Tensor[] {
    const embedded = scope(() => this.embeddings.forward(input));
    return [embedded, ...this.encoder.forward(embedded, input)];
  }

  #hiddenStatesOfRounded(input: EncoderInput): Tensor[] {
    const rounded = withOffsetsOnDevice(roundedInput(input));
    const embedded = checkpoint(this.embeddings, () =>
      withRows(this.embeddings.forward(input), rounded.rowIds.size),
    );
    const ownRows = (hidden: Tensor, { size }: Tensor) => hidden.narrow(0, 0, size);
    const inner = [embedded, ...this.encoder.forward(embedded, rounded)];
    const last = ownRows(inner.pop()!, input.outputTokens ?? input.inputIds);
    return [...inner.map((hidden) => ownRows(hidden, input.inputIds)), last];
  }

  countsAllTokens(batch: PackedBatch): boolean {
    return this.embeddings.positionsOf(batch) === batch.positionIds;
  }

  depthOf(name: string): number {
    const [, layer] = /^encoder\.layer\.(\d+)\./.exec(name) ?? [];
    return layer === undefined ? 0 : Number(layer) + 1;
  }
}
