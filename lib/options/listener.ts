/** A callback of the application, async or not; what it throws or rejects with is told once. */
export function guarded<Event>(
  listener: (event: Event) => unknown,
  fail: (error: unknown) => void,
): (event: Event) => void {
  let threw = false;
  const failOnce = (error: unknown) => {
    if (!threw) fail(error);
    threw = true;
  };
  return (event) => {
    if (threw) return;
    try {
      Promise.resolve(listener(event)).catch(failOnce);
    } catch (error) {
      failOnce(error);
    }
  };
}

/** How a call is followed and stopped. */
interface Call<Event> {
  signal?: AbortSignal;
  onProgress?: (event: Event) => unknown;
}

/**
 * Runs a call whose listener may fail: that stops it, as its signal does.
 *
 * @throws what `work` throws, or in its place what the listener threw or rejected with
 */
export async function withListener<Event, Result>(
  { signal, onProgress }: Call<Event>,
  work: (call: { signal?: AbortSignal; onProgress?: (event: Event) => void }) => Promise<Result>,
): Promise<Result> {
  if (onProgress === undefined) return work({ signal });
  const controller = new AbortController();
  let failure: { error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure = { error };
    controller.abort(error);
  };
  const stop = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  const [outcome] = await Promise.allSettled([work({ signal: stop, onProgress: guarded(onProgress, fail) })]);
  if (failure) throw failure.error;
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}
