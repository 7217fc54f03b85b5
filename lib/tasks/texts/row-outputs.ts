import { encodeTexts } from "../../features/text-windows.js";
import { tensor } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { HeadModel } from "../head.js";
import type { ReadTexts } from "./examples.js";
import { pooledOutputs } from "./pooled-outputs.js";
import type { TextTask, TextTypes } from "./text-task.js";

/** What a model reads of texts without labels. */
export async function readInputs<Target, Types extends TextTypes<Target>>(
  { tokenizer, maxSeqLength: maxLength, config: { longTexts } }: HeadModel<Types>,
  inputs: readonly TextInput[],
): Promise<ReadTexts> {
  const windows = await encodeTexts(tokenizer, inputs, { maxLength, longTexts });
  if (longTexts === null) return { encodings: windows.flat() };
  const windowStarts = [0];
  for (const { length } of windows) windowStarts.push(windowStarts.at(-1)! + length);
  return { encodings: windows.flat(), windowStarts };
}

/** What figures and predictions are made of: one output a row. */
export async function rowOutputs<Target, Types extends TextTypes<Target>>(
  { outputOf }: TextTask<Target, Types>,
  model: HeadModel<Types>,
  { encodings, windowStarts }: ReadTexts,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const outputs = await model.infer(encodings, signal);
  if (windowStarts === undefined || outputs.length === 0) return outputs;
  const labels = outputs[0]!.length;
  const windows = windowStarts.slice(1).map((end, row) => end - windowStarts[row]!);
  const values = scope(() => {
    const flat = Float32Array.from(outputs.flatMap((output) => [...output]));
    const logits = tensor(flat, { shape: [outputs.length, labels] });
    const pooled = pooledOutputs(logits, windows, model.config.longTexts);
    return Float32Array.from((outputOf?.(pooled) ?? pooled).toArray());
  });
  return windows.map((_, row) => values.subarray(row * labels, (row + 1) * labels));
}
