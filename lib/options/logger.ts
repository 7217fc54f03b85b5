import { z } from "zod";
import { isObject } from "../is-object.js";
import { warningsTo } from "../warn.js";
import { optionMeta } from "./option.js";

/** What messages go to: pino's loggers have this shape, and others like it. */
export interface Logger {
  /** What happens often, such as updates. */
  debug(facts: object, message: string): void;
  /** What happens once, such as an evaluation. */
  info(facts: object, message: string): void;
  /** What is no error but should be known. */
  warn(facts: object, message: string): void;
  /** Why a call failed. */
  error(facts: object, message: string): void;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

export const loggerOption = z
  .custom<Logger>(
    (value) => isObject(value) && LEVELS.every((level) => typeof value[level] === "function"),
    "an object with the functions debug, info, warn and error, such as pino's loggers,",
  )
  .optional()
  .describe("is told in sentences what `onProgress` is told, and what would else be warnings of Node's")
  .register(optionMeta, { decidesResult: false, typeName: "Logger" });

/** A call that may be followed. */
interface Call<Event> {
  logger?: Logger | undefined;
  onProgress?: ((event: Event) => unknown) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a call whose logger, if it has one, is told what happens.
 *
 * @param lineOf what an event is in words
 * @param work gets a listener that tells the logger, too
 * @throws what `work` throws; the logger is told, unless the call was stopped
 */
export async function withLogger<Event extends { type: string }, Result>(
  { logger, onProgress, signal }: Call<Event>,
  lineOf: (event: Event) => string,
  work: (onProgress?: (event: Event) => void) => Promise<Result>,
): Promise<Result> {
  if (logger === undefined) return work(onProgress);
  const tell = (event: Event) => {
    logger[levelOf(event.type)](event, lineOf(event));
    return onProgress?.(event); // what it rejects with ends the call
  };
  try {
    return await warningsTo(
      (message) => logger.warn({ type: "notice" }, message),
      () => work(tell),
    );
  } catch (error) {
    const isStopped = signal?.aborted && error === signal.reason;
    if (!isStopped) logger.error({ err: error }, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Of which there may be thousands. */
const FREQUENT = ["step", "range", "download", "upload", "progress", "count", "merge"];

function levelOf(type: string): "debug" | "info" | "warn" {
  if (type === "notice") return "warn";
  return FREQUENT.includes(type) ? "debug" : "info";
}
