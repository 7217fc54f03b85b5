import { expected } from "../errors.js";

/**
 * Checks that there are as many of one thing as of another, and some.
 *
 * @param given both, by the names of their arguments
 * @throws LibbertError ERR_OPTION
 */
export function checkCounts(given: Readonly<Record<string, ArrayLike<unknown>>>): void {
  const [[first, values], ...others] = Object.entries(given) as [
    [string, ArrayLike<unknown>],
    ...[string, ArrayLike<unknown>][],
  ];
  if (values.length === 0) throw expected("at least one", first, values);
  for (const [name, { length }] of others)
    if (length !== values.length) throw expected(`${values.length} values, as ${first} has,`, name, length);
}
