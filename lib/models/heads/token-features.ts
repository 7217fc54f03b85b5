/**
 * What the classifier sees of a token: its vector after the last layer, or those of the last four layers, the last
 * one first, side by side (paper, table 7).
 */
export const TOKEN_FEATURES = ["last-hidden", "concat-last-four"] as const;
export type TokenFeatures = (typeof TOKEN_FEATURES)[number];
