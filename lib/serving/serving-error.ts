import { type ErrorCode, LibbertError } from "../errors.js";

/** The kinds of errors that text-embeddings-inference tells its clients. */
export type ErrorType = "Unhealthy" | "Backend" | "Overloaded" | "Validation" | "Empty";

const SECONDS_UNTIL_RETRY = 1;

/** A status for logs and metrics, as nginx has it: nobody gets the answer. */
export const CLIENT_WENT_AWAY = 499;

/** What a client is told instead of an answer. */
export class ServingError extends Error {
  override readonly name = "ServingError";

  constructor(
    readonly status: number,
    readonly errorType: ErrorType,
    message: string,
    /** For programs, where the status does not say enough. */
    readonly code?: string,
  ) {
    super(message);
  }

  /** Seconds after which the same request may be answered. */
  get retryAfter(): number | undefined {
    return this.status === 429 || this.status === 503 ? SECONDS_UNTIL_RETRY : undefined;
  }
}

/** A request that is refused whatever the load. */
export function refused(message: string, status = 422): ServingError {
  return new ServingError(status, "Validation", message);
}

/** What is asked for is no business of this model. */
export function unfit(message: string): ServingError {
  return new ServingError(424, "Backend", message);
}

const OF_CODES: Partial<Record<ErrorCode, [status: number, type: ErrorType]>> = {
  ERR_OPTION: [422, "Validation"],
  ERR_DATA: [422, "Validation"],
  ERR_DISPOSED: [503, "Unhealthy"],
};

/**
 * What a client is told of an error. What went wrong in the server itself is its own business; the status says whose fault it is.
 *
 * @returns null for an error that nothing here throws on purpose
 */
export function toServingError(error: unknown): ServingError | null {
  if (error instanceof ServingError) return error;
  if (error instanceof LibbertError)
    return new ServingError(...(OF_CODES[error.code] ?? [424, "Backend"]), error.message);
  return null;
}
