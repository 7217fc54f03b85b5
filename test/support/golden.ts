import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { type EncoderInput, toEncoderInput } from "../../lib/models/encoder-input.js";
import { type PackableSequence, packSequences } from "../../lib/models/packing.js";
import { empty } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "./device.js";

const DATA = "test/golden/data";

/** A file or directory of golden values; what it holds is described in test/golden/README.md. */
export function goldenPath(name: string): string {
  return join(DATA, name);
}

export function goldenJson<Content>(name: string): Content {
  return JSON.parse(readFileSync(goldenPath(name), "utf8"));
}

/** A training run of PyTorch, as the golden files store it. */
export interface Curve {
  learningRate: number;
  betas: [number, number];
  eps: number;
  weightDecay: number;
  maxGradNorm: number;
  steps: number;
  warmupSteps: number;
  losses: number[];
  gradientNorms: number[];
  learningRates: number[];
}

/** The tensors of one golden file. */
export class GoldenTensors {
  readonly #reader: SafetensorsReader;

  constructor(name: string) {
    this.#reader = new SafetensorsReader(goldenPath(name));
  }

  names(): string[] {
    return [...this.#reader.tensors.keys()];
  }

  tensor(name: string): Tensor {
    const bytes = this.#reader.read(name);
    const { shape, dtype } = this.#reader.tensors.get(name)!;
    return empty(shape, { dtype: dtype! }).copyBytes_(bytes, dtype!);
  }

  values(name: string): Float64Array {
    using stored = this.tensor(name);
    return stored.toArray();
  }

  /** The sequences of a packed batch, apart again; `prefix` is "" or ends with a dot. */
  sequences(prefix = ""): PackableSequence[] {
    const inputIds = this.values(`${prefix}input_ids`);
    const tokenTypeIds = this.values(`${prefix}token_type_ids`);
    const starts = this.values(`${prefix}cu_seqlens`);
    return Array.from(starts.subarray(1), (end, index) => ({
      inputIds: inputIds.subarray(starts[index], end),
      tokenTypeIds: tokenTypeIds.subarray(starts[index], end),
    }));
  }
}

/**
 * Packs sequences into a model's input, with dropout masks named by the sequences' own numbers.
 *
 * @param ids default: 0, 1, 2, …
 */
export function inputOf(sequences: readonly PackableSequence[], ids?: readonly number[]): EncoderInput {
  return toEncoderInput(packSequences(sequences, ids ?? [...sequences.keys()]), DEVICE);
}
