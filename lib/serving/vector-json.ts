import { setImmediate as nextTurn } from "node:timers/promises";

/** So many vectors take about a millisecond to write. */
const VECTORS_A_TURN = 4;

/**
 * Vectors as an array of JSON, with as many digits as float32 has. Other requests get their turn meanwhile.
 *
 * @param around what is written for a vector. Default: its numbers alone
 */
export async function vectorsJson(
  vectors: readonly Float32Array[],
  around: (numbers: string, index: number) => string = (numbers) => numbers,
): Promise<string> {
  const parts: string[] = [];
  for (const [index, vector] of vectors.entries()) {
    parts.push(around(`[${Array.from(vector, digits).join(",")}]`, index));
    if (index % VECTORS_A_TURN === VECTORS_A_TURN - 1) await nextTurn();
  }
  return `[${parts.join(",")}]`;
}

function digits(value: number): string {
  return value.toPrecision(9);
}
