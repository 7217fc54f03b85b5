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

const words: InputCheck = {
  accepts: (input) => isString(input) || (Array.isArray(input) && input.every(isString)),
  what: "a string or an array of words",
};

const choices: InputCheck = {
  accepts: (input) => {
    if (typeof input !== "object" || input === null) return false;
    const { context, question, choices } = input as Record<string, unknown>;
    const isAnswerable = Array.isArray(choices) && choices.length >= 2 && choices.every(isString);
    return isString(context) && (question === undefined || isString(question)) && isAnswerable;
  },
  what: "an object { context, question?, choices } of strings, with at least two choices,",
};

const questions: InputCheck = {
  accepts: (input) => {
    const { question, context } = (input ?? {}) as Record<string, unknown>;
    return isString(question) && isString(context);
  },
  what: '{question: "...", context: "..."}',
};

const CHECKS: Record<TaskName, InputCheck> = {
  classification: texts,
  "multi-label": texts,
  regression: texts,
  "token-classification": words,
  "question-answering": questions,
  "multiple-choice": choices,
  "masked-words": { accepts: isString, what: "a string" },
};

/** @throws ERR_OPTION, naming the place of the first input that the task cannot take */
export function checkInputs(inputs: unknown, task: TaskName, name = "texts"): void {
  checkEach(inputs, CHECKS[task], name);
}

/** @throws ERR_OPTION, naming the place of the first that is no text and no pair of texts */
export function checkTexts(inputs: unknown): void {
  checkEach(inputs, texts, "texts");
}

function checkEach(inputs: unknown, { accepts, what }: InputCheck, name: string): void {
  if (!Array.isArray(inputs)) throw expected(`an array of ${name}`, name, inputs);
  const bad = inputs.findIndex((input) => !accepts(input));
  if (bad >= 0) throw expected(what, `${name}[${bad}]`, inputs[bad]);
}
