import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Encoder, EncoderOutputs, Packing } from "./encoder.js";
import type { EncoderInput } from "./encoder-input.js";

/** The layers of a head. */
export interface HeadModule extends Module {
  /** int32 [R]: the tokens whose last hidden states they read. Default: all */
  outputTokens?(input: EncoderInput): Tensor;
}

/** What the encoder made of a batch, and the batch as a head has to read it. */
export interface Encoded {
  /** With the `outputTokens` that the encoder was asked for, which say which tokens the last hidden states are of. */
  input: EncoderInput;
  /** The hidden states. */
  encoded: EncoderOutputs;
}

/**
 * An encoder with a task's head on top of it. Its parameters are named `encoder.…` and `head.…`; the encoder's family
 * knows what a checkpoint calls them.
 */
export class Network<Head extends HeadModule = HeadModule> extends Module {
  constructor(
    /** Token ids to hidden states; its parameters are `encoder.…`. */
    readonly encoder: Encoder,
    /** Hidden states to logits; its parameters are `head.…`. */
    readonly head: Head,
  ) {
    super();
  }

  /**
   * Runs the encoder for what is read of it.
   *
   * @param outputTokens as `EncoderInput` has them. Default: those that the head reads
   * @returns what the head takes
   */
  encode(input: EncoderInput, outputTokens = this.head.outputTokens?.(input)): Encoded {
    const asked = outputTokens ? { ...input, outputTokens } : input;
    return { input: asked, encoded: this.encoder.forward(asked) };
  }

  /** How deep a parameter lies in the encoder (see `Encoder.depthOf`); null for those of the head. */
  depthOf(name: string): number | null {
    return name.startsWith("encoder.") ? this.encoder.depthOf(name.slice("encoder.".length)) : null;
  }
}

/** As `Encoder.packForPrediction`; a network that cannot be packed as it is asked to is disposed. */
export function packForPrediction(network: Network, packing: Packing): void {
  try {
    network.encoder.packForPrediction(packing);
  } catch (error) {
    network.dispose();
    throw error;
  }
}
