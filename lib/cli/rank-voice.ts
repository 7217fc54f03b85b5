import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { membershipOf } from "../distributed/membership.js";

/** The rank of this process among several; 0 where it is alone. */
export function ownRank(): number {
  return membershipOf()?.rank ?? 0;
}

/**
 * Where a run says how it goes. Rank 0 speaks on standard error; the others write to `logs/rank-N.log` of the output
 * directory, from the run's start on, when rank 0 has made sure of that directory.
 */
export function voiceOf(outputDir: string | undefined): (line: string, isStarted: boolean) => void {
  const rank = ownRank();
  if (rank === 0) return (line) => console.error(line);
  if (outputDir === undefined) return () => {};
  const waiting: string[] = [];
  return (line, isStarted) => {
    waiting.push(`${line}\n`);
    if (!isStarted) return;
    const folder = join(outputDir, "logs");
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, `rank-${rank}.log`), waiting.splice(0).join(""));
  };
}
