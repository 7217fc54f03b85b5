/** Types of a tensor's elements, in memory and in files, by their PyTorch names. */
export type DType = "float32" | "bfloat16" | "float16" | "float64" | "int64" | "int32" | "uint8" | "bool";

/** Bytes of one element. */
export function elementSize(type: DType): number {
  if (type === "float64" || type === "int64") return 8;
  if (type === "float32" || type === "int32") return 4;
  if (type === "bfloat16" || type === "float16") return 2;
  return 1;
}
