import { expected } from "../errors.js";

/**
 * Checks that arguments are arrays of vectors, all of one length.
 *
 * @param given by the names of the arguments
 * @throws LibbertError ERR_OPTION, naming the first that is none, or of another length than the first of all
 */
export function checkVectors(given: Readonly<Record<string, unknown>>): void {
  let length: number | undefined;
  for (const [name, vectors] of Object.entries(given)) {
    if (!Array.isArray(vectors)) throw expected("an array of vectors", name, vectors);
    for (const [index, vector] of vectors.entries()) {
      if (!isVector(vector))
        throw expected("a Float32Array or an array of numbers", `${name}.${index}`, vector);
      length ??= vector.length;
      if (vector.length !== length)
        throw expected(`a vector of ${length} numbers, as the first has,`, `${name}.${index}`, vector.length);
    }
  }
}

function isVector(value: unknown): value is Float32Array | number[] {
  if (value instanceof Float32Array) return value.length > 0;
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number");
}
