import { Module } from "../nn/module.js";
import type { Encoder, Packing } from "./encoder.js";

/**
 * An encoder with a task's head on top of it. Its parameters are named `encoder.…` and `head.…`; the encoder's family
 * knows what a checkpoint calls them.
 */
export class Network<Head extends Module = Module> extends Module {
  constructor(
    readonly encoder: Encoder,
    readonly head: Head,
  ) {
    super();
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
