/** What models that did not see a row say of it: its label, and a probability for each class. */
export interface OutOfSample {
  /** The class of each row's label. */
  labels: ArrayLike<number>; // [rows]
  probabilities: readonly ArrayLike<number>[]; // [rows][classes]
  classes: number;
}

/** What confident learning makes of them. */
export interface ConfidentJoint {
  /** From which probability on a row is confidently of a class: the mean probability of the class among the rows with its label. */
  thresholds: number[]; // [classes]
  /** How many rows with each label are confidently of each class; no class has less than one that is right. */
  counts: number[][]; // [label][class]
  /** The class that each row is confidently of; -1 where there is none. */
  confidentClasses: Int32Array; // [rows]
}

/** Rounding is not to keep a probability from its threshold, as in cleanlab. */
const TOLERANCE = 1e-6;

/** The confident joint of given labels and true ones (Northcutt, Jiang and Chuang, 2021, section 3.1). */
export function confidentJoint({ labels, probabilities, classes }: OutOfSample): ConfidentJoint {
  const thresholds = thresholdsOf({ labels, probabilities, classes });
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const confidentClasses = Int32Array.from(probabilities, (own) => confidentClass(own, thresholds));
  for (const [row, confident] of confidentClasses.entries())
    if (confident >= 0) counts[labels[row]!]![confident]!++;
  for (const [label, own] of counts.entries()) own[label] = Math.max(1, own[label]!);
  return { thresholds, counts, confidentClasses };
}

/** A class without a row has a threshold that no row reaches. */
function thresholdsOf({ labels, probabilities, classes }: OutOfSample): number[] {
  const sums = new Float64Array(classes);
  const rows = new Float64Array(classes);
  for (const [row, own] of probabilities.entries()) {
    const label = labels[row]!;
    sums[label]! += own[label]!;
    rows[label]!++;
  }
  return Array.from(sums, (sum, label) =>
    rows[label] === 0 ? Number.POSITIVE_INFINITY : sum / rows[label]!,
  );
}

/** Of the classes whose threshold is reached the most probable, of equal ones the first. */
function confidentClass(probabilities: ArrayLike<number>, thresholds: readonly number[]): number {
  let best = -1;
  for (const [index, threshold] of thresholds.entries()) {
    const probability = probabilities[index]!;
    if (probability >= threshold - TOLERANCE && (best < 0 || probability > probabilities[best]!))
      best = index;
  }
  return best;
}

/** How much more probable a row's label is than the most probable other class: from 0, surely wrong, to 1. */
export function normalisedMargin(probabilities: ArrayLike<number>, label: number): number {
  let other = 0;
  for (let index = 0; index < probabilities.length; index++)
    if (index !== label) other = Math.max(other, probabilities[index]!);
  return (probabilities[label]! - other + 1) / 2;
}
