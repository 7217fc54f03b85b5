import { setImmediate as nextTurn } from "node:timers/promises";
import { type PackableSequence, packSequences } from "../../data/packing.js";
import { LibbertError } from "../../errors.js";
import type { BertInput } from "../../models/bert-input.js";
import { noGrad } from "../../tensor/autograd.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import { toBertInput } from "../packed-input.js";

/** Enough tokens to keep the matrix units busy, few enough to stay in a few hundred megabytes. */
const TOKENS_PER_BATCH = 4096;

/** What a forward pass gives: one row for each sequence of the batch, or one for each token. */
export interface Forward {
  run(input: BertInput): Tensor; // [B, C] or [T, C]
  rowsPer: "sequence" | "token";
  device: string;
}

/** One call of `infer`, and how far it is. */
interface Call {
  sequences: readonly PackableSequence[];
  signal: AbortSignal | undefined;
  /** Sequences that went into a batch already. */
  taken: number;
  outputs: Float32Array[];
  resolve(outputs: Float32Array[]): void;
  reject(error: unknown): void;
}

/** A sequence of a batch, and whose it is. */
interface Member {
  call: Call;
  sequence: PackableSequence;
}

/**
 * Forward passes without gradients, for calls that may overlap: sequences of all of them fill the same batches, in the
 * order in which they came.
 */
export class PackedInference {
  readonly #forward: Forward;
  readonly #calls: Call[] = [];
  #running = false;

  constructor(forward: Forward) {
    this.#forward = forward;
  }

  /**
   * @returns for each sequence its rows one after the other, in float32: C numbers, or C for each of its tokens
   * @throws ERR_NON_FINITE when the model gives what is no number; the signal's reason
   */
  infer(sequences: readonly PackableSequence[], signal?: AbortSignal): Promise<Float32Array[]> {
    if (sequences.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#calls.push({ sequences, signal, taken: 0, outputs: [], resolve, reject });
      if (!this.#running) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#running = true;
    while (this.#calls.length > 0) {
      this.#dropAborted();
      const members = this.#nextBatch();
      try {
        if (members.length > 0) this.#compute(members);
      } catch (error) {
        for (const call of new Set(members.map(({ call }) => call)))
          this.#end(call, () => call.reject(error));
      }
      await nextTurn(); // messages and aborts get through, and further calls join in
    }
    this.#running = false;
  }

  #dropAborted(): void {
    for (const call of [...this.#calls]) {
      if (call.signal?.aborted) this.#end(call, () => call.reject(call.signal!.reason));
    }
  }

  #nextBatch(): Member[] {
    const members: Member[] = [];
    let tokens = 0;
    for (const call of this.#calls) {
      for (; call.taken < call.sequences.length; call.taken++) {
        const sequence = call.sequences[call.taken]!;
        tokens += sequence.inputIds.length;
        if (members.length > 0 && tokens > TOKENS_PER_BATCH) return members;
        members.push({ call, sequence });
      }
    }
    return members;
  }

  #compute(members: readonly Member[]): void {
    const { run, rowsPer, device } = this.#forward;
    const batch = packSequences(
      members.map(({ sequence }) => sequence),
      members.map((_, index) => index),
    );
    const flat = scope(() => noGrad(() => run(toBertInput(batch, device)).toFloat32Array()));
    if (flat.some(Number.isNaN)) throw notANumber();
    const rows = rowsPer === "sequence" ? members.length : batch.inputIds.length;
    const width = flat.length / rows;
    for (const [index, { call }] of members.entries()) {
      const [start, end] =
        rowsPer === "sequence" ? [index, index + 1] : [batch.cuSeqlens[index]!, batch.cuSeqlens[index + 1]!];
      call.outputs.push(flat.slice(start * width, end * width));
      if (call.outputs.length === call.sequences.length) this.#end(call, () => call.resolve(call.outputs));
    }
  }

  #end(call: Call, settle: () => void): void {
    const index = this.#calls.indexOf(call);
    if (index < 0) return;
    this.#calls.splice(index, 1);
    settle();
  }
}

function notANumber(): LibbertError {
  return new LibbertError(
    "ERR_NON_FINITE",
    "The model's output is not a number: its weights are damaged, or its training diverged",
  );
}
