import { varlenAttention } from "../../nn/functional.js";
import { Linear, type WithResidual } from "../../nn/linear.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import { rowsAt } from "../output-tokens.js";
import { BertOutput } from "./residual-output.js";

/** The projections in the order in which they are stacked. */
const PARTS = ["query", "key", "value"];

/** Multi-head self-attention over a packed batch. */
export class BertSelfAttention extends Module {
  /**
   * The query, key and value projections stacked by rows: one product instead of three. A checkpoint knows them as
   * `query`, `key` and `value`, which `namedState` shows as views.
   */
  readonly queryKeyValue: Linear;
  readonly #hiddenSize: number;
  readonly #numHeads: number;
  readonly #dropout: number;

  constructor(config: EncoderConfig) {
    super();
    this.#hiddenSize = config.hiddenSize;
    this.#numHeads = config.numAttentionHeads;
    this.#dropout = config.attentionDropout;
    this.queryKeyValue = new Linear(
      this.#hiddenSize,
      PARTS.length * this.#hiddenSize,
      config.initializerRange,
    );
    this.queryKeyValue.weight.stacked = PARTS.length;
    this.queryKeyValue.bias.stacked = PARTS.length;
  }

  override *namedState(prefix = ""): Generator<[string, Tensor]> {
    const { weight, bias } = this.queryKeyValue;
    for (const [index, part] of PARTS.entries()) {
      const rows = (stacked: Tensor) =>
        stacked.detach().narrow(0, index * this.#hiddenSize, this.#hiddenSize);
      yield [`${prefix}${part}.weight`, rows(weight)];
      yield [`${prefix}${part}.bias`, rows(bias)];
    }
  }

  /** hidden [T, H] → [T, H], and hidden for the connection around attention */
  forward(hidden: Tensor, input: EncoderInput): WithResidual {
    const { output: queryKeyValue, residual } = this.queryKeyValue.forwardWithResidual(hidden);
    const output = varlenAttention(queryKeyValue, {
      cuSeqlens: input.cuSeqlens,
      maxSeqlen: input.maxSeqlen,
      numHeads: this.#numHeads,
      dropout: this.training ? this.#dropout : 0,
      rowIds: input.rowIds,
      causal: input.causal,
    });
    return { output, residual };
  }
}

/** Self-attention, its output projection, and the residual connection around both. */
export class BertAttention extends Module {
  readonly self: BertSelfAttention;
  readonly output: BertOutput;

  constructor(config: EncoderConfig) {
    super();
    this.self = new BertSelfAttention(config);
    this.output = new BertOutput(config.hiddenSize, config.attentionOutputDropout, config);
  }

  /** hidden [T, H] → [T, H]; [R, H] where it is given the tokens to compute */
  forward(hidden: Tensor, input: EncoderInput, tokens?: Tensor): Tensor {
    const attended = this.self.forward(hidden, input);
    const all = [attended.output, attended.residual, input.rowIds];
    const [own, residual, rowIds] = all.map((rows) => rowsAt(rows, tokens));
    return this.output.forward(own!, residual!, rowIds!);
  }
}
