import { z } from "zod";
import { optionMeta } from "./option.js";

/** What every call that takes long can be given beside its settings. */
export const signalOption = z
  .instanceof(AbortSignal)
  .optional()
  .describe("stops the call, in training within one update; the promise rejects with the signal's reason")
  .register(optionMeta, { decidesResult: false, typeName: "AbortSignal" });

/** @param eventType the TypeScript name of what is told */
export function onProgressOption<Event>(eventType: string) {
  return z
    .custom<(event: Event) => void>((value) => typeof value === "function", "a function")
    .optional()
    .describe("is told how the call goes; what it throws ends the call")
    .register(optionMeta, { decidesResult: false, typeName: `(event: ${eventType}) => void` });
}
