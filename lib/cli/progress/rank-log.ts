import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { membershipOf } from "../../distributed/membership.js";
import { writeError } from "../../files/write-error.js";

/** The rank of this process among several; 0 where it is alone. */
export function ownRank(): number {
  return membershipOf()?.rank ?? 0;
}

/**
 * Where a rank writes its progress. Rank 0 writes to standard error, the others to `logs/rank-N.log` in the output
 * directory, once rank 0 has checked that directory.
 */
export function rankLogger(outputDir: string | undefined): (line: string, isStarted: boolean) => void {
  const rank = ownRank();
  if (rank === 0) return (line) => console.error(line);
  if (outputDir === undefined) return () => {};
  const waiting: string[] = [];
  return (line, isStarted) => {
    waiting.push(`${line}\n`);
    if (!isStarted) return;
    const path = join(outputDir, "logs", `rank-${rank}.log`);
    try {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, waiting.splice(0).join(""));
    } catch (error) {
      throw writeError("the log of a rank", path, "outputDir", error);
    }
  };
}
