import type { DType } from "./dtype.js";

/** The types of safetensors by the codes in its headers: bits of an element, and where libbert computes with it its name. */
const TYPES = new Map<string, { bits: number; type: DType | null }>([
  ["F32", { bits: 32, type: "float32" }],
  ["BF16", { bits: 16, type: "bfloat16" }],
  ["F16", { bits: 16, type: "float16" }],
  ["F64", { bits: 64, type: "float64" }],
  ["I64", { bits: 64, type: "int64" }],
  ["I32", { bits: 32, type: "int32" }],
  ["U8", { bits: 8, type: "uint8" }],
  ["BOOL", { bits: 8, type: "bool" }],
  ...["U64", "C64"].map((code) => [code, { bits: 64, type: null }] as const),
  ["U32", { bits: 32, type: null }],
  ...["I16", "U16"].map((code) => [code, { bits: 16, type: null }] as const),
  ...["I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"].map(
    (code) => [code, { bits: 8, type: null }] as const,
  ),
  ...["F6_E2M3", "F6_E3M2"].map((code) => [code, { bits: 6, type: null }] as const),
  ["F4", { bits: 4, type: null }],
]);

/** Bits of an element; undefined for a code that the format does not have. */
export function bitsOfCode(code: string): number | undefined {
  return TYPES.get(code)?.bits;
}

/** Null for a type that libbert does not compute with. */
export function typeOfCode(code: string): DType | null {
  return TYPES.get(code)?.type ?? null;
}

export function codeOfType(type: DType): string {
  for (const [code, { type: own }] of TYPES) if (own === type) return code;
  throw new Error(`safetensors has no code for ${type}`);
}
