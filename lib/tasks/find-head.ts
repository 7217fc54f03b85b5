import type { TaskName } from "./find-spec.js";
import type { TaskHead } from "./head.js";
import * as heads from "./heads.js";

const HEADS: readonly TaskHead[] = Object.values(heads);

export function headOf(name: TaskName): TaskHead {
  return HEADS.find(({ spec }) => spec.name === name)!;
}
