import { z } from "zod";
import { optionMeta } from "./option.js";

const ABOUT = "save all that the run needs to go on";

/** Updates between two snapshots of a run; what holds where it is left out, the call says. */
export const snapshotEveryField = z
  .int()
  .positive()
  .describe(`how often to ${ABOUT}`)
  .register(optionMeta, { unit: "updates", decidesResult: false, sameOnAllRanks: true });

/** The same by the clock. */
export const snapshotMinutesField = z
  .number()
  .min(0)
  .describe(`how often to ${ABOUT}, by the clock; 0: the clock does not count`)
  .register(optionMeta, { unit: "minutes", decidesResult: false, sameOnAllRanks: true });

export const keepSnapshotsOption = z
  .int()
  .positive()
  .default(2)
  .describe("how many snapshots to keep")
  .register(optionMeta, { decidesResult: false });

/** @param extension what can be done with a run that has made all its updates, if anything can */
export function resumeOption(extension = "") {
  return z
    .boolean()
    .default(false)
    .describe(
      `go on from the newest intact snapshot of the run in \`outputDir\`, with its settings for all that is not given${extension}`,
    )
    .register(optionMeta, { decidesResult: false, sameOnAllRanks: true });
}

/** @param length what the run's length is called */
export function changeScheduleOption(length: string) {
  return z
    .boolean()
    .default(false)
    .describe(
      `with \`resume\`: go on with another learning rate, warm-up, schedule or number of ${length}, such as after a divergence`,
    )
    .register(optionMeta, { decidesResult: false });
}

/** Names of all options about resuming, and of those about snapshots, for `.omit()`. */
export const OF_RESUMING = { resume: true, changeSchedule: true } as const;
export const OF_SNAPSHOTS = {
  ...OF_RESUMING,
  snapshotEvery: true,
  snapshotMinutes: true,
  keepSnapshots: true,
} as const;
