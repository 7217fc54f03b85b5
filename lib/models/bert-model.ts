import { checkpoint } from "../nn/gradient-checkpointing.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import { BertEmbeddings } from "./bert-embeddings.js";
import { BertEncoder } from "./bert-encoder.js";
import type { BertInput } from "./bert-input.js";
import { roundedInput, withRows } from "./rounded-batch.js";

/** Makes one vector of a sequence from its first token, `[CLS]`. */
export class BertPooler extends Module {
  readonly dense: Linear;

  constructor(config: BertConfig) {
    super();
    this.dense = new Linear(config.hidden_size, config.hidden_size, config.initializer_range);
  }

  /** hidden [T, H] → [B, H] */
  forward(hidden: Tensor, input: BertInput): Tensor {
    const sequences = input.cuSeqlens.size - 1;
    const first = input.cuSeqlens.narrow(0, 0, sequences).to("int32", hidden.device);
    return this.dense.forward(hidden.indexSelect(0, first)).tanh();
  }
}

/** What the encoder gives for a packed batch. */
export interface BertOutputs<Pooler extends boolean = true> {
  /** The embeddings' output and every layer's, first to last, each [T, H]. */
  hiddenStates: Tensor[];
  /** The last of them. */
  lastHiddenState: Tensor; // [T, H]
  /** Null where the model has no pooler. */
  pooled: Pooler extends true ? Tensor : null; // [B, H]
}

/**
 * The encoder of the paper: embeddings, layers, pooler.
 *
 * @typeParam Pooler false for heads that look at tokens alone, whose checkpoints have no pooler
 */
export class BertModel<Pooler extends boolean = true> extends Module {
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler | null;

  /** @param options.pooler whether to have one. Default: true */
  constructor(
    readonly config: BertConfig,
    options?: { pooler: Pooler },
  ) {
    super();
    this.embeddings = new BertEmbeddings(config);
    this.encoder = new BertEncoder(config);
    this.pooler = options?.pooler === false ? null : new BertPooler(config);
  }

  forward(input: BertInput): BertOutputs<Pooler> {
    const rounded = roundedInput(input);
    const embedded = checkpoint(this.embeddings, () =>
      withRows(this.embeddings.forward(input), rounded.rowIds.size),
    );
    const ownRows = (hidden: Tensor) => hidden.narrow(0, 0, input.inputIds.size);
    const hiddenStates = [embedded, ...this.encoder.forward(embedded, rounded)].map(ownRows);
    const lastHiddenState = hiddenStates.at(-1)!;
    const pooled = this.pooler?.forward(lastHiddenState, input) ?? null;
    return { hiddenStates, lastHiddenState, pooled: pooled as BertOutputs<Pooler>["pooled"] };
  }
}
