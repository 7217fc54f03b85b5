import { inspect } from "node:util";
import { counted } from "./text-format.js";

/** What went wrong, for programs: the `code` of every error that libbert itself throws. */
export type ErrorCode =
  | "ERR_OPTION" // an argument or option: fix the call
  | "ERR_DATA" // a row, file or text: fix the data
  | "ERR_CHECKPOINT" // model files that are missing, damaged or do not fit
  | "ERR_TENSOR" // an operation on tensors that do not fit it, or each other
  | "ERR_RUNTIME" // LibTorch, the native addon, the machine
  | "ERR_NON_FINITE" // a loss or gradient that is NaN or infinite
  | "ERR_OUT_OF_MEMORY" // more memory was needed than the device has
  | "ERR_DISTRIBUTED" // another process of the same run is missing, lost, or differs
  | "ERR_STOPPED" // the run was stopped through another of its processes
  | "ERR_DISPOSED"; // use after dispose()

/** The name of libbert's warnings (`process.on("warning")`). */
export const WARNING = "LibbertWarning";

/** An error with a `code`; its message says what was expected, where, and what came instead. */
export class LibbertError extends Error {
  /** `LibbertError`. */
  override readonly name = "LibbertError";
  /** Of an error about an option or argument, its name, such as `columns.text` or `phases.0.steps`. */
  declare readonly option?: string;

  constructor(
    /** Which kind of error it is, for programs: messages may change, codes do not. */
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions & { option?: string },
  ) {
    super(message, options);
    if (options?.option !== undefined) this.option = options.option;
  }
}

/** The one sentence for a bad argument: `Expected <what> for <name> but received <value>`. */
export function expected(what: string, name: string, received: unknown): LibbertError {
  const message = `Expected ${what} for ${name} but received ${describe(received)}`;
  return new LibbertError("ERR_OPTION", message, { option: name });
}

/** A value as an error message shows it: short, and with its type where the text alone would mislead. */
export function describe(value: unknown): string {
  if (typeof value === "string") return `"${inOneLine(abridged(value))}"`;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (Array.isArray(value)) return `an array of ${counted(value.length, "element")}`;
  if (typeof value === "object" && value !== null) return describeObject(value);
  return String(value);
}

/** What a plain object holds; of what other ones, such as tensors, the class alone. */
function describeObject(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null;
  if (prototype !== null && prototype !== Object.prototype)
    return `an object of ${prototype.constructor?.name || "no class"}`;
  return abridged(inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, customInspect: false }));
}

/** A text as an error shows it: no longer than a line. */
export function abridged(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What is wrong with a JSON text: Node.js quotes some of it, with its line breaks. */
export function jsonProblem(error: unknown): string {
  return inOneLine((error as Error).message);
}

/** The text with line breaks, tabs and other control characters as JSON writes them. */
function inOneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
