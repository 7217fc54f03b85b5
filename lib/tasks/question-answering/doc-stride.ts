/** Tokens that neighbouring windows share in the paper's code. */
const DOC_STRIDE = 128;

/** The stride of windows of so many tokens: 128 of 384, and no more than a third of shorter ones. */
export function defaultDocStride(maxSeqLength: number): number {
  return Math.min(DOC_STRIDE, Math.floor(maxSeqLength / 3));
}
