/** As in Guo et al. (2017). */
export const CALIBRATION_BINS = 15;

/** How far a classifier's confidence in its predictions can be taken at its word (Guo et al., 2017). */
export interface Calibration {
  /** Mean distance of confidence and accuracy over the bins, each weighted by its rows. */
  expectedCalibrationError: number;
  /** Bins of equal width, from the lowest confidence to the highest. */
  bins: CalibrationBin[];
}

/** The rows whose confidence is above `from` and at most `to`. */
export interface CalibrationBin {
  /** The lower edge, from 0. */
  from: number;
  /** The upper edge, to 1. */
  to: number;
  /** How many rows there are. */
  count: number;
  /** Mean over the bin's rows, null without any. */
  confidence: number | null;
  /** Share of the bin's rows that are predicted right, null without any. */
  accuracy: number | null;
}

/**
 * Compares confidence and accuracy, bin by bin (Guo et al., 2017, section 2).
 *
 * @param confidences probability of each row's predicted label, above 0 and at most 1
 * @param correct whether that label is the right one, one a row
 * @param binCount 15 in the paper
 */
export function calibration(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  binCount: number,
): Calibration {
  const counts = new Float64Array(binCount);
  const confidenceSums = new Float64Array(binCount);
  const correctCounts = new Float64Array(binCount);
  for (let row = 0; row < confidences.length; row++) {
    const bin = binOf(confidences[row]!, binCount);
    counts[bin]!++;
    confidenceSums[bin]! += confidences[row]!;
    if (correct[row]) correctCounts[bin]!++;
  }
  let error = 0;
  const bins = Array.from(counts, (count, bin): CalibrationBin => {
    const edges = { from: bin / binCount, to: (bin + 1) / binCount };
    if (count === 0) return { ...edges, count, confidence: null, accuracy: null };
    error += Math.abs(confidenceSums[bin]! - correctCounts[bin]!) / confidences.length;
    return {
      ...edges,
      count,
      confidence: confidenceSums[bin]! / count,
      accuracy: correctCounts[bin]! / count,
    };
  });
  return { expectedCalibrationError: error, bins };
}

/** The first bin whose upper edge is not below. A comparison, because a product could round across the edge. */
function binOf(confidence: number, binCount: number): number {
  let bin = 0;
  while (bin < binCount - 1 && confidence > (bin + 1) / binCount) bin++;
  return bin;
}
