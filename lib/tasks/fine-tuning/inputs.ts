import { expected } from "../../errors.js";
import type { TaskName } from "./task-names.js";

/** Whether something is an input of the task, and what its inputs are in words. */
interface InputCheck {
  accepts(input: unknown): boolean;
  what: string;
}

const isString = (value: unknown): value is string => typeof value === "string";

const texts: InputCheck = {
  accepts: (input) =>
    isString(input) || (Array.isArray(input) && input.length === 2 && input.every(isString)),
  what: "a string or a pair of strings",
};

const CHECKS: Record<TaskName, InputCheck> = { classification: texts };

/** @throws ERR_OPTION, naming the place of the first input that the task cannot take */
export function checkInputs(inputs: unknown, task: TaskName, name = "texts"): void {
  if (!Array.isArray(inputs)) throw expected(`an array of ${name}`, name, inputs);
  const { accepts, what } = CHECKS[task];
  const bad = inputs.findIndex((input) => !accepts(input));
  if (bad >= 0) throw expected(what, `${name}[${bad}]`, inputs[bad]);
}
