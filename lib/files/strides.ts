/** How many elements further the next one lies, in each dimension of a row-major tensor. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

/** Whether the elements lie one behind the other in the order of their indices. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  const expected = rowMajorStrides(shape);
  return shape.every((size, dimension) => size === 1 || strides[dimension] === expected[dimension]);
}

/** How many elements there are from the first to the last. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, size, dimension) => span + (size - 1) * strides[dimension]!, 1);
}

/**
 * The elements of a tensor in row-major order.
 *
 * @param elementBytes 1, 2, 4 or 8
 * @param bytes those from its first element to its last; they begin where a typed array may
 */
export function toRowMajor(
  bytes: Uint8Array,
  elementBytes: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const from = elementsOf(bytes, elementBytes);
  const result = new Uint8Array(shape.reduce((product, size) => product * size, elementBytes));
  const to = elementsOf(result, elementBytes);
  let count = 0;
  const copy = (dimension: number, first: number): void => {
    if (dimension === shape.length) to[count++] = from[first]!;
    else for (let i = 0; i < shape[dimension]!; i++) copy(dimension + 1, first + i * strides[dimension]!);
  };
  copy(0, 0);
  return result;
}

/** Numbers of so many bytes, as they are copied: what they mean does not matter. */
function elementsOf(
  { buffer, byteOffset, byteLength }: Uint8Array,
  size: number,
): Record<number, number | bigint> {
  const length = byteLength / size;
  if (size === 8) return new BigUint64Array(buffer, byteOffset, length);
  if (size === 4) return new Uint32Array(buffer, byteOffset, length);
  if (size === 2) return new Uint16Array(buffer, byteOffset, length);
  return new Uint8Array(buffer, byteOffset, length);
}
