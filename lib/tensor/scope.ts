import { expected } from "../errors.js";
import { native } from "./native.js";
import type { TensorHandle } from "./native-ops.js";

/** What a scope frees: a tensor. */
interface Releasable {
  readonly handle: TensorHandle;
}

let innermost: Set<Releasable> | null = null;

/** Enters a new tensor into the scope that is open, if one is. */
export function track(tensor: Releasable): void {
  innermost?.add(tensor);
}

/** Takes a tensor out of the scope that is open: it lives until its own `dispose()`. */
export function keep<T extends Releasable>(tensor: T): T {
  innermost?.delete(tensor);
  return tensor;
}

/**
 * Runs `body` and frees every tensor made inside it, except those that it returns (alone, or in arrays and plain
 * objects), which pass to the enclosing scope, and those given to `keep`. What autograd saved for backward stays
 * alive with the graph.
 *
 * `body` must be synchronous: the tensors of an asynchronous one would belong to whichever scope happened to be open
 * when it went on.
 *
 * ```ts
 * const total = scope(() => x.mul(y).add(1).sum()); // two intermediate tensors are freed
 * ```
 */
export function scope<T>(body: () => T): T {
  const outer = innermost;
  const mine = new Set<Releasable>();
  innermost = mine;
  try {
    const result = body();
    if (result instanceof Promise) {
      result.catch(() => {}); // what is left of the body runs into freed tensors: this error is the one to report
      throw expected("a synchronous function", "the body of scope()", body);
    }
    for (const survivor of members(result, mine)) {
      mine.delete(survivor);
      outer?.add(survivor);
    }
    return result;
  } finally {
    innermost = outer;
    if (mine.size > 0) native.dispose(Array.from(mine, ({ handle }) => handle));
  }
}

/** The tensors of `mine` found in a result. */
function members(result: unknown, mine: ReadonlySet<Releasable>): Releasable[] {
  if (typeof result !== "object" || result === null) return [];
  if (mine.has(result as Releasable)) return [result as Releasable];
  if (Array.isArray(result)) return result.flatMap((item) => members(item, mine));
  if (Object.getPrototypeOf(result) !== Object.prototype) return [];
  return Object.values(result).flatMap((item) => members(item, mine));
}
