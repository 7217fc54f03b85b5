import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

/** What a run's sums were computed on: their order, and so their last bits, depend on it. */
export const computedOnSchema = z.object({
  device: z.string(),
  /** Of the CPU; null on a GPU, where they do not matter. */
  threads: z.int().nullable(),
});

export type ComputedOn = z.infer<typeof computedOnSchema>;

/** One run, or one of several; without `before` it begins now. */
interface Continued {
  before: ComputedOn | undefined;
  now: ComputedOn;
}

/** Says that numbers are added in another order than before, if they are: once of runs of which it is the same. */
export function noticeOrderOfSums(runs: readonly Continued[], notify: (message: string) => void): void {
  const messages = runs.flatMap(({ before, now }) =>
    before === undefined || isDeepStrictEqual(before, now) ? [] : messageOf(before, now),
  );
  for (const message of new Set(messages)) notify(message);
}

function messageOf(before: ComputedOn, now: ComputedOn): string {
  const text = ({ device, threads }: ComputedOn) =>
    threads === null ? device : `${device} with ${threads} ${threads === 1 ? "thread" : "threads"}`;
  return (
    `computing on ${text(now)} instead of ${text(before)}: numbers are added in another order, and the result may differ in ` +
    "its last bits from that of a run without interruption"
  );
}
