import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PretrainStep } from "../lib/pre-training/events.js";

/** The lines about updates in the log that `libbert pretrain` left in its output directory. */
export function loggedUpdates(outputDir: string): PretrainStep[] {
  const lines = readFileSync(join(outputDir, "log.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "step");
}
