import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type EncoderInput, firstTokens } from "../encoder-input.js";

/** No layer at all: what an encoder alone has on top. */
export class NoHead extends Module {}

/** The same, where of each sequence the first token is all that is read: of the last layer, the others then cost attention alone. */
export class FirstTokenAlone extends NoHead {
  /** The first of each sequence: int32 [B]. */
  outputTokens(input: EncoderInput): Tensor {
    return firstTokens(input);
  }
}
