import { expected } from "../errors.js";
import type { Vectors } from "../retrieval/options.js";
import { checkVectors } from "./check-vectors.js";

/** Vectors of one length, whichever form they were given in. */
export interface FlatVectors {
  count: number;
  /** Numbers of each. */
  dim: number;
  /** Copies as many as `target` has room for, from the vector `first` on. */
  copy(first: number, target: Float32Array): void;
  /** One behind the other. */
  all(): Float32Array;
}

/**
 * @param name what errors call them
 * @param dim the numbers that each has to have. Default: as many as the first has
 * @throws LibbertError ERR_OPTION for none, for anything else than vectors, and for those of another length
 */
export function flatVectors(vectors: Vectors, name: string, dim?: number): FlatVectors {
  const flat = isFlat(vectors) ? ofNumbers(vectors, name) : ofArrays(vectors, name);
  if (dim !== undefined && flat.dim !== dim)
    throw expected(`vectors of ${dim} numbers, as the index has,`, name, flat.dim);
  return flat;
}

function isFlat(vectors: unknown): vectors is { values: Float32Array; dim: number } {
  return typeof vectors === "object" && vectors !== null && "values" in vectors && !Array.isArray(vectors);
}

function ofNumbers({ values, dim }: { values: Float32Array; dim: number }, name: string): FlatVectors {
  if (!(values instanceof Float32Array)) throw expected("a Float32Array", `${name}.values`, values);
  if (!Number.isInteger(dim) || dim < 1) throw expected("a whole number above 0", `${name}.dim`, dim);
  const count = values.length / dim;
  if (count === 0 || !Number.isInteger(count))
    throw expected(
      `${dim} numbers for each vector, and at least one vector,`,
      `${name}.values`,
      values.length,
    );
  return {
    count,
    dim,
    copy: (first, target) => target.set(values.subarray(first * dim, first * dim + target.length)),
    all: () => values.slice(), // what crosses to another thread takes all of its buffer along
  };
}

function ofArrays(vectors: Exclude<Vectors, { dim: number }>, name: string): FlatVectors {
  checkVectors({ [name]: vectors });
  const count = vectors.length;
  if (count === 0) throw expected("at least one vector", name, vectors);
  const dim = vectors[0]!.length;
  const copy = (first: number, target: Float32Array) => {
    for (let row = 0; row < target.length / dim; row++) target.set(vectors[first + row]!, row * dim);
  };
  const all = () => {
    const values = new Float32Array(count * dim);
    copy(0, values);
    return values;
  };
  return { count, dim, copy, all };
}
