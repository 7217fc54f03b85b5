/** Operators that multiply matrices, and which of their tensors are the two factors. */
const FACTORS: Readonly<Record<string, readonly [first: number, second: number]>> = {
  "aten::mm": [0, 1],
  "aten::bmm": [0, 1],
  "aten::addmm": [1, 2],
  "aten::addmm_": [1, 2],
  "aten::baddbmm": [1, 2],
  "mkldnn::_linear_pointwise": [0, 1],
  "aten::mkldnn_linear": [0, 1],
  "libbert::packed_linear": [0, 1],
  "onednn::qlinear_pointwise": [0, 1],
};

/** Operators whose second factor is a weight [O, I], or a packed one [O / 16, I, 16], rather than [I, O]. */
const TAKES_WEIGHT = new Set(["mkldnn::_linear_pointwise", "aten::mkldnn_linear", "libbert::packed_linear"]);

/**
 * Floating-point operations of one call of an operator that multiplies matrices, a multiplication and its addition counted as two.
 *
 * @param shapes of its tensors, such as [[32, 384], [384, 1536]]
 * @returns 0 for operators of which the shapes do not tell
 */
export function productFlops(operator: string, shapes: readonly (readonly number[])[]): number {
  const factors = FACTORS[operator];
  if (factors === undefined) return 0;
  const [first, second] = factors.map((index) => shapes[index] ?? []);
  const columns = TAKES_WEIGHT.has(operator) ? sizeOf(second!) / first!.at(-1)! : second!.at(-1)!;
  return 2 * sizeOf(first!) * columns;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
