import { setImmediate as nextTurn } from "node:timers/promises";
import { LibbertError } from "../errors.js";
import { type EncoderInput, toEncoderInput } from "../models/encoder-input.js";
import { type PackableSequence, type PackedBatch, packSequences } from "../models/packing.js";
import { noGrad } from "../tensor/autograd.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/** Enough tokens to keep the matrix units busy, few enough to stay in a few hundred megabytes. */
const TOKENS_PER_BATCH = 4096;

/** Where the rows of each sequence of a batch start in what a forward pass gives, and at the end their number. */
export type RowStarts<Options> = (batch: PackedBatch, options: Options) => Int32Array; // [B + 1]

const ROW_STARTS = {
  sequence: ({ cuSeqlens }: PackedBatch) => Int32Array.from(cuSeqlens.keys()),
  token: ({ cuSeqlens }: PackedBatch) => cuSeqlens,
};

/** What a forward pass has a row for. */
export type RowsPer<Options> = keyof typeof ROW_STARTS | RowStarts<Options>;

/** Where the rows start that are one for each sequence, or one for each token. */
export function rowStartsPer(kind: keyof typeof ROW_STARTS, batch: PackedBatch): Int32Array {
  return ROW_STARTS[kind](batch);
}

/** What a forward pass gives: some rows for each sequence of the batch. */
export interface Forward<Options> {
  run(input: EncoderInput, options: Options): Tensor; // [rows, C]
  rowsPer: RowsPer<Options>;
  device: string;
  /** What an error says of a model that gives no finite numbers. */
  whyNonFinite(): string;
}

/** One call of `infer`, and how far it is. */
interface Call<Options> {
  sequences: readonly PackableSequence[];
  options: Options;
  /** The options as text. */
  key: string;
  signal: AbortSignal | undefined;
  /** Sequences that went into a batch already. */
  taken: number;
  outputs: Float32Array[];
  resolve(outputs: Float32Array[]): void;
  reject(error: unknown): void;
}

/** A sequence of a batch, and whose it is. */
interface Member<Options> {
  call: Call<Options>;
  sequence: PackableSequence;
}

/**
 * Forward passes without gradients, for calls that may overlap. Calls take turns, a sequence at a time: those that have the
 * same options fill the same batches, and a call of one sequence, however long the others, waits for the batch that is being
 * computed and is in the next one.
 */
export class PackedInference<Options extends object = object> {
  readonly #forward: Forward<Options>;
  /** Whose turn is next comes first. */
  readonly #calls = new Set<Call<Options>>();
  #running = false;

  constructor(forward: Forward<Options>) {
    this.#forward = forward;
  }

  /**
   * @param options plain data, passed on to the forward pass
   * @returns for each sequence its rows one after the other, in float32, C numbers each
   * @throws ERR_NON_FINITE when the model gives what is no finite number; the signal's reason
   */
  infer(
    sequences: readonly PackableSequence[],
    options: Options,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    if (sequences.length === 0) return Promise.resolve([]);
    const key = JSON.stringify(options);
    return new Promise((resolve, reject) => {
      this.#calls.add({ sequences, options, key, signal, taken: 0, outputs: [], resolve, reject });
      if (!this.#running) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#running = true;
    while (this.#calls.size > 0) {
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

  #nextBatch(): Member<Options>[] {
    const members: Member<Options>[] = [];
    let tokens = 0;
    let key: string | undefined;
    for (const call of this.#calls) {
      key ??= call.key;
      const sequence = call.sequences[call.taken];
      if (call.key !== key || sequence === undefined) continue;
      tokens += sequence.inputIds.length;
      if (members.length > 0 && tokens > TOKENS_PER_BATCH) break;
      members.push({ call, sequence });
      call.taken++;
      this.#calls.delete(call); // to the end of the line, which this loop comes to as well
      this.#calls.add(call);
    }
    return members;
  }

  #compute(members: readonly Member<Options>[]): void {
    const { run, rowsPer, device } = this.#forward;
    const { options } = members[0]!.call;
    const batch = packSequences(
      members.map(({ sequence }) => sequence),
      members.map((_, index) => index),
    );
    const flat = scope(() => noGrad(() => run(toEncoderInput(batch, device), options).toFloat32Array()));
    if (!flat.every(Number.isFinite)) throw notFinite(this.#forward.whyNonFinite());
    const starts = typeof rowsPer === "string" ? rowStartsPer(rowsPer, batch) : rowsPer(batch, options);
    const width = flat.length / starts[members.length]!;
    for (const [index, { call }] of members.entries()) {
      call.outputs.push(flat.slice(starts[index]! * width, starts[index + 1]! * width));
      if (call.outputs.length === call.sequences.length) this.#end(call, () => call.resolve(call.outputs));
    }
  }

  #end(call: Call<Options>, settle: () => void): void {
    if (this.#calls.delete(call)) settle();
  }
}

export function notFinite(why: string): LibbertError {
  return new LibbertError("ERR_NON_FINITE", `The model's output is not a finite number: ${why}`);
}
