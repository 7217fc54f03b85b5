/** Element types of a tensor, by their PyTorch names. */
export type DType = "float32" | "bfloat16" | "float16" | "float64" | "int64" | "int32" | "uint8" | "bool";

/** Typed arrays that a tensor can be made from, or read into. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The dtype that holds a typed array's elements as they are. */
export function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof BigInt64Array) return "int64";
  return "uint8";
}

/** Bytes of one element. */
export function elementSize(dtype: DType): number {
  if (dtype === "float64" || dtype === "int64") return 8;
  if (dtype === "float32" || dtype === "int32") return 4;
  if (dtype === "bfloat16" || dtype === "float16") return 2;
  return 1;
}
