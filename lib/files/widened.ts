import type { DType } from "./dtype.js";

/** Numbers of a floating-point type as float32, as PyTorch rounds them; null for another type. */
export function widened(bytes: Uint8Array, dtype: DType | null): Float32Array | null {
  const { buffer } = Uint8Array.from(bytes); // begins where numbers of any size may
  if (dtype === "float32") return new Float32Array(buffer);
  if (dtype === "float64") return Float32Array.from(new Float64Array(buffer));
  if (dtype === "float16") return Float32Array.from(new Uint16Array(buffer), ofHalf);
  if (dtype === "bfloat16")
    return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
  return null;
}

/** IEEE 754: a sign, 5 bits of an exponent, 10 of a fraction. */
function ofHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
