import { DEVICE } from "./device.js";

/** How the tests train a tiny model: it learns what rows made for it say within a second or two. */
export const tinyTraining = {
  maxSeqLength: 32,
  batchSize: 16,
  epochs: 1,
  learningRate: 5e-3,
  seed: 3,
  device: DEVICE,
  dtype: "float32",
} as const;
