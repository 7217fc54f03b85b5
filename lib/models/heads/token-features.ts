/**
 * What the classifier sees of a token: its vector after the last layer, or those of the last four layers, the last
 * one first, side by side (paper, table 7).
 */
export const TOKEN_FEATURES = ["last-hidden", "concat-last-four"] as const;
/** What of the encoder a token's label is told by: its last hidden state, or its last four, one behind the other. */
export type TokenFeatures = (typeof TOKEN_FEATURES)[number];
