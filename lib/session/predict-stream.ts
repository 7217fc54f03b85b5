import { setImmediate as nextTurn } from "node:timers/promises";
import { onAbort } from "./on-abort.js";
import { ReadAhead } from "./read-ahead.js";

/** What `predictStream()` takes. */
export interface StreamOptions {
  /** Ends the stream, which throws the signal's reason. */
  signal?: AbortSignal;
}

/** Enough inputs to fill a few batches; two calls are under way at a time, so that computing never waits for reading. */
const MOST_INPUTS_PER_CALL = 256;
const CALLS_UNDER_WAY = 2;
/** Inputs that are read ahead of who takes their predictions. */
const MOST_INPUTS_AHEAD = CALLS_UNDER_WAY * MOST_INPUTS_PER_CALL;

interface Call<Prediction> {
  inputs: number;
  isSettled: boolean;
  predictions: Promise<Prediction[]>;
}

/**
 * Predictions of an iterable's inputs, one by one and in order, as they come: an input waits for no other that is not there
 * yet, and those that come while others are computed go into one call.
 *
 * @throws what the iterable throws, after the predictions of all that it gave before; the signal's reason
 */
export async function* predictStream<Input, Prediction, Options extends StreamOptions>(
  predict: (inputs: Input[], options: Options) => Promise<Prediction[]>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options: Options,
): AsyncGenerator<Prediction, void, undefined> {
  const { signal } = options;
  let wake = () => {};
  const onChange = () => wake();
  const source = new ReadAhead(inputs, onChange);
  const underWay: Call<Prediction>[] = [];
  const forget = onAbort(signal, onChange);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const ahead = underWay.reduce((sum, call) => sum + call.inputs, 0);
      void source.read(MOST_INPUTS_AHEAD - ahead);
      if (source.waiting > 0 && underWay.length < CALLS_UNDER_WAY) {
        await nextTurn(); // what comes at once goes into the same call
        const some = source.take(MOST_INPUTS_PER_CALL);
        underWay.push(begun(some.length, predict(some, options), onChange));
      } else if (underWay[0]?.isSettled) {
        yield* await underWay[0].predictions;
        underWay.shift();
      } else if (underWay.length === 0 && source.isAtEnd()) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    forget();
    await source.close();
  }
}

function begun<Prediction>(
  inputs: number,
  predictions: Promise<Prediction[]>,
  onChange: () => void,
): Call<Prediction> {
  const call = { inputs, isSettled: false, predictions };
  const settle = () => {
    call.isSettled = true;
    onChange();
  };
  predictions.then(settle, settle); // whoever takes the predictions gets the error, when it is this call's turn
  return call;
}
