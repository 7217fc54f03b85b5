import { chunked } from "../arrays.js";

/** What `predictStream()` takes. */
export interface StreamOptions {
  signal?: AbortSignal;
}

/** Enough inputs to fill a few batches; two chunks are under way at a time, so that computing never waits for reading. */
const INPUTS_PER_CHUNK = 256;

/** Predictions of an iterable's inputs, one by one and in order; at most two chunks ahead of who takes them. */
export async function* predictStream<Input, Prediction, Options extends StreamOptions>(
  predict: (chunk: Input[], options: Options) => Promise<Prediction[]>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options: Options,
): AsyncGenerator<Prediction, void, undefined> {
  let underWay: Promise<Prediction[]> | undefined;
  for await (const chunk of chunked(inputs, { size: INPUTS_PER_CHUNK, signal: options.signal })) {
    const next = predict(chunk, options);
    next.catch(() => {}); // whoever takes the predictions gets the error, when it is this chunk's turn
    if (underWay) yield* await underWay;
    underWay = next;
  }
  if (underWay) yield* await underWay;
}
