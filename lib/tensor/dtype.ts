import { expected } from "../errors.js";
import type { DType } from "../files/dtype.js";

export type { DType };

/** Typed arrays that a tensor can be made from, or read into. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The dtype that holds a typed array's elements as they are. */
export function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof Uint8Array) return "uint8";
  const known = "a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array";
  throw expected(known, "the values of a tensor", data);
}
