import type { PredictionFormat } from "../spec.js";
import type { Truncatable } from "./truncated.js";

/** The same format, and on standard error at the end how many inputs were cut. */
export function countingTruncated<Input, Prediction extends Truncatable>(
  format: PredictionFormat<Input, Prediction>,
): PredictionFormat<Input, Prediction> {
  let inputs = 0;
  let cut = 0;
  return {
    ...format,
    line(input, prediction, index) {
      inputs++;
      if (prediction.truncated) cut++;
      return format.line(input, prediction, index);
    },
    notice: () => cutNotice(cut, inputs),
  };
}

export function cutNotice(cut: number, inputs: number): string | undefined {
  return cut > 0 ? `inputs cut to what the model reads: ${cut} of ${inputs}` : undefined;
}
