import { productOf } from "../arrays.js";

/** How many entries at each end of a long dimension are shown. */
const EDGE = 3;
const MOST_SHOWN = 1000; // elements

/** The indices that are shown of each dimension, all of them where the tensor is small; PyTorch's rule. */
export function shownIndices(shape: readonly number[]): number[][] {
  const size = productOf(shape);
  return shape.map((length) => {
    const isCut = size > MOST_SHOWN && length > 2 * EDGE;
    return Array.from({ length: isCut ? 2 * EDGE : length }, (_, i) =>
      isCut && i >= EDGE ? length - 2 * EDGE + i : i,
    );
  });
}

/**
 * Values in nested brackets, in columns of one width.
 *
 * @param values those at `shownIndices`, row-major
 * @param shape of the whole tensor
 */
export function showValues(values: readonly (number | bigint | boolean)[], shape: readonly number[]): string {
  const texts = numberTexts(values);
  const width = Math.max(0, ...texts.map(({ length }) => length));
  const shown = shownIndices(shape).map(({ length }) => length);
  let next = 0;
  const show = (dim: number): string => {
    if (dim === shape.length) return shape.length === 0 ? texts[next++]! : texts[next++]!.padStart(width);
    const items = Array.from({ length: shown[dim]! }, () => show(dim + 1));
    if (shown[dim]! < shape[dim]!) items.splice(EDGE, 0, "...");
    const depth = shape.length - dim; // of brackets
    const separator = depth === 1 ? ", " : `,${"\n".repeat(depth - 1)}${" ".repeat(dim + 1)}`;
    return `[${items.join(separator)}]`;
  };
  return show(0);
}

/** Whole numbers as they are, others with four digits behind the point, or in powers of ten where those say little. */
function numberTexts(values: readonly (number | bigint | boolean)[]): string[] {
  const finite = values.filter((value) => typeof value === "number" && Number.isFinite(value)) as number[];
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const format = (value: number) => {
    if (finite.every(Number.isInteger) && largest < 1e8) return String(value);
    const needsPowers = largest >= 1e8 || largest < 1e-4 || largest / smallest > 1e6;
    return needsPowers ? value.toExponential(4) : value.toFixed(4);
  };
  return values.map((value) =>
    typeof value === "number" && Number.isFinite(value) ? format(value) : String(value),
  );
}
