/** What a process of a run of pre-training comes to. */
import { liveTensors } from "../../lib/tensor/process.js";
import { type RunOptions, run } from "../support/pretraining-runs.js";

/** Makes a run. @returns losses, metrics, and how many tensors there were after each update */
export async function courseOf(options: RunOptions, { signal, onEvent }: Parameters<typeof run>[1] = {}) {
  const tensors: number[] = [];
  const { losses, result } = await run(options, {
    signal,
    onEvent: (event) => {
      if (event.type === "step") tensors.push(liveTensors());
      onEvent?.(event);
    },
  });
  return { losses, metrics: result.metrics, tensors };
}
