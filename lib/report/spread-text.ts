import { type Content, html } from "./html.js";
import { dataOf } from "./numbers.js";

/** `0.8326 ± 0.0041`; of a single value, that alone. */
export function spreadText(spread: { mean: number | null; deviation: number | null } | null): Content {
  if (spread === null || spread.mean === null) return "–";
  const { mean, deviation } = spread;
  return deviation === null ? dataOf(mean) : html`${dataOf(mean)} ± ${dataOf(deviation)}`;
}
