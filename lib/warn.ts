import { AsyncLocalStorage } from "node:async_hooks";
import { WARNING } from "./errors.js";

/** Is told, in a sentence, what is no error but should be known. */
export type Tell = (message: string) => void;

const ofCall = new AsyncLocalStorage<Tell>();
let ofThread: Tell = (message) => process.emitWarning(message, WARNING);

/** Tells the call's listener, or else that of the thread: by default it is a warning of Node's (`process.on("warning")`). */
export function warn(message: string): void {
  warnings()(message);
}

/** Who is told now. */
export function warnings(): Tell {
  return ofCall.getStore() ?? ofThread;
}

/** Lets a call tell someone else, in whatever it does. */
export function warningsTo<Result>(tell: Tell, call: () => Result): Result {
  return ofCall.run(tell, call);
}

/** Lets this thread tell someone else. */
export function warningsOfThreadTo(tell: Tell): void {
  ofThread = tell;
}
