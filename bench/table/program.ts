import type { AbsentProgram, Program } from "./workload.js";

/** A program that needs what an option names: absent where the option was not given. */
export function programWith<Given>(
  given: Given | undefined,
  option: string,
  {
    measure,
    ...program
  }: Omit<Program, "measure"> & { measure(given: Given): ReturnType<Program["measure"]> },
): Program | AbsentProgram {
  if (given === undefined) return { ...program, without: option };
  return { ...program, measure: () => measure(given) };
}
