/** Exported models as onnxruntime computes them. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { openOutputDirectory } from "../../lib/files/output-directory.js";
import type { PackableSequence } from "../../lib/models/packing.js";
import { exportOnnx } from "../../lib/onnx/export-model.js";
import type { ExportDType } from "../../lib/onnx/options.js";
import { loadSaved } from "../../lib/session/load-saved.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** Exports a saved model to a new directory. */
export async function exported(folder: string, ...dtypes: ExportDType[]): Promise<string> {
  const directory = `${temporaryDirectory()}/export`;
  const { model } = await loadSaved(folder, { device: "cpu", dtype: "float32" });
  try {
    using output = await openOutputDirectory(directory, { overwrite: false });
    await exportOnnx(output, model.toSave(), dtypes.length === 0 ? ["fp32"] : dtypes);
    return directory;
  } finally {
    model.dispose();
  }
}

export interface Batch {
  sequences: readonly PackableSequence[];
  /** Of what is behind the shorter sequences. */
  paddingId: number;
  /** How many sequences belong to an item, where a model takes several. */
  choices?: number;
}

export interface Output {
  shape: readonly number[];
  values: Float32Array;
}

/** What a model gives for a padded batch, by name. */
export async function runOnnx(file: string, batch: Batch): Promise<Record<string, Output>> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  try {
    const inputs = paddedInputs(batch);
    const taken = session.inputNames.map((name) => [name, inputs[name]!] as const);
    const outputs = await session.run(Object.fromEntries(taken));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [
        name,
        { shape: dims, values: data as Float32Array },
      ]),
    );
  } finally {
    await session.release();
  }
}

function paddedInputs({ sequences, paddingId, choices }: Batch): Record<string, Tensor> {
  const length = longest(sequences);
  const shape =
    choices === undefined ? [sequences.length, length] : [sequences.length / choices, choices, length];
  const padded = (row: (sequence: PackableSequence) => ArrayLike<number>, padding: number) => {
    const values = sequences.flatMap((sequence) => {
      const own = Array.from(row(sequence));
      return [...own, ...Array<number>(length - own.length).fill(padding)];
    });
    return new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  };
  return {
    input_ids: padded(({ inputIds }) => inputIds, paddingId),
    attention_mask: padded(({ inputIds }) => new Uint8Array(inputIds.length).fill(1), 0),
    token_type_ids: padded(({ tokenTypeIds }) => tokenTypeIds, 0),
  };
}

function longest(sequences: readonly PackableSequence[]): number {
  return Math.max(...sequences.map(({ inputIds }) => inputIds.length));
}

/** The values of the tokens that are no padding, one behind the other: of [B, S, ...], as of a packed batch. */
export function ofTokens({ values }: Output, sequences: readonly PackableSequence[]): Float32Array {
  const width = values.length / sequences.length / longest(sequences);
  const rows = sequences.map(({ inputIds }, index) => {
    const start = index * longest(sequences) * width;
    return values.subarray(start, start + inputIds.length * width);
  });
  return Float32Array.from(rows.flatMap((row) => [...row]));
}
