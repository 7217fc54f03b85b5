import type { PackableSequence } from "../models/packing.js";
import { cutInput, firstCut } from "../tokenizer/cut-input.js";
import type { HeadModel, HeadTypes, TaskHead } from "./head.js";

/** Sequences as a head hands them to the model: those that lost tokens say so. */
type Sequences = readonly (PackableSequence & { truncated?: boolean })[];

/** What takes the place of computing where only that is asked. */
class Found extends Error {
  constructor(readonly isCut: boolean) {
    super("no error of a caller's");
  }
}

/**
 * Predictions for inputs none of which may be cut: whether one would be is known before anything is computed.
 *
 * @throws LibbertError ERR_DATA for the first that would be; what `TaskHead.predict` throws
 */
export async function predictWhole<Types extends HeadTypes>(
  head: TaskHead<Types>,
  model: HeadModel<Types>,
  inputs: readonly Types["input"][],
  options: Types["predictOptions"],
  signal?: AbortSignal,
): Promise<Types["prediction"][]> {
  const guarded = withInference(model, async (sequences, ...how) => {
    if (firstCut(sequences) !== undefined) throw new Found(true);
    return model.infer(sequences, ...how);
  });
  try {
    const predictions = await head.predict(guarded, inputs, options, signal);
    const cut = firstCut(predictions as { truncated?: boolean }[]); // of a head that computes elsewhere
    if (cut === undefined) return predictions;
    throw cutInput(cut);
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    throw cutInput(await numberOfCut(head, model, inputs, options));
  }
}

/** Which input it is: of one with several sequences, theirs do not tell. */
async function numberOfCut<Types extends HeadTypes>(
  head: TaskHead<Types>,
  model: HeadModel<Types>,
  inputs: readonly Types["input"][],
  options: Types["predictOptions"],
): Promise<number> {
  const asked = withInference(model, async (sequences) => {
    throw new Found(firstCut(sequences) !== undefined);
  });
  for (const [index, input] of inputs.entries()) {
    const found = await head.predict(asked, [input], options).catch((error: unknown) => error);
    if (found instanceof Found && found.isCut) return index;
  }
  throw new Error("no input is cut by itself");
}

/** The same model, but for how it computes. */
function withInference<Types extends HeadTypes>(
  model: HeadModel<Types>,
  infer: (
    sequences: Sequences,
    signal?: AbortSignal,
    options?: object,
  ) => ReturnType<HeadModel<Types>["infer"]>,
): HeadModel<Types> {
  const { config, network, tokenizer, compute, maxSeqLength, choices, features, calibration, group } = model;
  return {
    ...{ config, network, tokenizer, compute, maxSeqLength, choices, features, calibration, group },
    infer,
  };
}
