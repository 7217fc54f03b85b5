import { LibbertError } from "../errors.js";
import { hasBfloat16Units } from "../runtime/cpu.js";
import type { DType } from "../tensor/dtype.js";

/** Where a model runs, and what it computes with. */
export interface Compute {
  device: string;
  dtype: DType;
  /** Why, in words for a log line. */
  reason: string;
}

/** What to use for `device` and `dtype` options, of which either may be "auto". */
export function chooseCompute(device: string, dtype: "auto" | "float32" | "bfloat16"): Compute {
  if (device !== "auto" && device !== "cpu") {
    throw new LibbertError(
      "ERR_RUNTIME",
      `Expected "auto" or "cpu" for device but received "${device}": this build runs on the CPU`,
    );
  }
  if (dtype !== "auto") return { device: "cpu", dtype, reason: `${dtype} as asked` };
  return hasBfloat16Units()
    ? {
        device: "cpu",
        dtype: "bfloat16",
        reason: "bfloat16 with float32 masters: the processor has bfloat16 units",
      }
    : { device: "cpu", dtype: "float32", reason: "float32: the processor has no bfloat16 units" };
}
