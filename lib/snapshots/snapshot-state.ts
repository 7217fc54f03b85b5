import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { bringNonFinite, keepNonFinite } from "./non-finite-json.js";
import { computedOnSchema } from "./order-of-sums.js";

const STATE = "state.json";

/** What every run's snapshot has beside its tensors; each kind of run adds what it counts. */
export const commonState = {
  /** Updates made. */
  step: z.int(),
  optimizerSteps: z.int(),
  /** Copies of the weights as they were after so many updates; null for one that was not made yet. */
  copies: z.record(z.string(), z.int().nullable()),
  computedOn: computedOnSchema,
};

const commonSchema = z.object(commonState);

/** All of a run that is not in its tensors. */
export type RunState = z.infer<typeof commonSchema>;

/** What a run counts itself: the optimizer's steps and the copies are found where they are. */
export type ProgressOf<State extends RunState> = Omit<State, "optimizerSteps" | "copies">;

/** Of a kind of run: what its state looks like. */
export type StateSchema<State extends RunState> = z.ZodType<State>;

export function writeState(folder: string, state: RunState): void {
  writeFileSync(join(folder, STATE), JSON.stringify(state, keepNonFinite));
}

/** @throws ERR_CHECKPOINT for what is no state of such a run */
export function readState<State extends RunState>(folder: string, schema: StateSchema<State>): State {
  const path = join(folder, STATE);
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, "utf8"), bringNonFinite));
  if (parsed.success) return parsed.data;
  throw new LibbertError("ERR_CHECKPOINT", `${path} is not the state of a run of this version of libbert`, {
    cause: parsed.error,
  });
}
