/** Which parts of a pre-trained encoder learn more slowly than the head, or not at all. */
export interface LayerRates {
  /** Layers of the encoder. */
  numLayers: number;
  /** A layer's learning rate as a share of that of what lies above it. Default: 1 */
  layerDecay?: number;
  /** Keep the embeddings and the first N layers as they are. Default: none, not even the embeddings */
  freezeLayers?: number;
}

/**
 * The factor of a parameter's learning rate, by how deep it lies: 1 for the head, and `layerDecay` once more for each
 * step down, so that layer k of L (from 1) has layerDecay^(L + 1 - k) and the embeddings layerDecay^(L + 1). Frozen
 * parameters have 0.
 *
 * Layer-wise decay is that of ELECTRA (Clark et al., 2020, appendix B), whose code has one factor more below the head.
 * The pooler counts as part of the head: before it is fine-tuned its vector means little (Devlin et al., 2019,
 * section 4).
 *
 * @param depth 0 for the embeddings, k for layer k (from 1), null for what lies above the layers
 */
export function learningRateScale(
  depth: number | null,
  { numLayers, layerDecay = 1, freezeLayers }: LayerRates,
): number {
  if (depth === null) return 1;
  if (freezeLayers !== undefined && depth <= freezeLayers) return 0;
  return layerDecay ** (numLayers + 1 - depth);
}
