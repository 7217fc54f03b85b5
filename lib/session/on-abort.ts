/** What is to be called when a signal is aborted. */
const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal is aborted. However many calls share a signal, it has one listener: with the eleventh, Node.js
 * would warn of a leak.
 *
 * @returns takes the callback back
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => {};
  const callbacks = callbacksOf.get(signal) ?? listening(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0) return;
    callbacksOf.delete(signal);
    signal.removeEventListener("abort", callAll);
  };
}

function listening(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  callbacksOf.set(signal, callbacks);
  signal.addEventListener("abort", callAll);
  return callbacks;
}

function callAll({ target }: Event): void {
  for (const callback of [...(callbacksOf.get(target as AbortSignal) ?? [])]) callback();
}

/**
 * An answer, or the signal's reason as soon as it is aborted: a compute thread hears of nothing while it copies weights, or computes
 * a batch.
 */
export async function unlessAborted<Answer>(answer: Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
  if (signal === undefined) return answer;
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    forget = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    forget();
  }
}
