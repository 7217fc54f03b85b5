/** Points between 0 and 1, and how much each counts. */
export interface Quadrature {
  points: Float64Array;
  weights: Float64Array;
}

/**
 * Gauss-Legendre quadrature: with n points the integral from 0 to 1 of every polynomial of degree 2n - 1 is exact. The points are the
 * zeros of Legendre's polynomial, found by Newton's method from their usual estimate (Abramowitz and Stegun, 22.16.6).
 */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    let x = -Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    for (let step = 0; step < 10; step++) {
      const { value, slope } = legendre(count, x);
      x -= value / slope;
    }
    const { slope } = legendre(count, x);
    points[index] = (1 + x) / 2;
    weights[index] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

/** Legendre's polynomial of a degree, by its recurrence. */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let [before, value] = [1, x];
  for (let n = 1; n < degree; n++)
    [before, value] = [value, ((2 * n + 1) * x * value - n * before) / (n + 1)];
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) };
}
