import { z } from "zod";
import { expected } from "../errors.js";
import { optionMeta } from "./option.js";
import { pathField } from "./path-option.js";

/** Options of a run that TensorBoard is to show. */
export const tensorboardOptions = {
  tensorboardDir: pathField()
    .optional()
    .describe(
      "folder for what TensorBoard shows of the run: losses, rates, speed, memory, evaluations and options; a run that goes on " +
        "adds to it, and each seed or trial has a folder in it",
    )
    .register(optionMeta, { defaultText: "nothing is written", isPath: true, decidesResult: false }),
  histogramEvery: z
    .int()
    .positive()
    .optional()
    .describe("how often TensorBoard is given histograms of the weights")
    .register(optionMeta, {
      defaultText: "no histograms",
      unit: "updates",
      decidesResult: false,
      sameOnAllRanks: true, // a GPU is waited for then
    }),
};

/** Their names, for `.omit()`. */
export const OF_TENSORBOARD = { tensorboardDir: true, histogramEvery: true } as const;

export type TensorboardSettings = Partial<z.output<z.ZodObject<typeof tensorboardOptions>>>;

/** @throws ERR_OPTION for histograms that have no place */
export function checkTensorboard({ tensorboardDir, histogramEvery }: TensorboardSettings): void {
  if (histogramEvery !== undefined && tensorboardDir === undefined)
    throw expected("no value without tensorboardDir", "histogramEvery", histogramEvery);
}

export function isHistogramDue({ histogramEvery }: TensorboardSettings, step: number): boolean {
  return histogramEvery !== undefined && step % histogramEvery === 0;
}
