import { pooledWindows } from "../../features/text-windows.js";
import type { HeadModel } from "../head.js";
import type { ReadTexts } from "../texts/examples.js";
import type { VectorTypes } from "./types.js";

/** The vector of each text, for its cosines: not of length 1. Without gradients. */
export async function textVectors(
  model: HeadModel<VectorTypes>,
  { encodings, windowStarts }: ReadTexts,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const vectors = await model.infer(encodings, signal);
  const { longTexts } = model.config;
  if (!windowStarts || !longTexts) return vectors;
  return windowStarts
    .slice(0, -1)
    .map((start, text) => pooledWindows(vectors.slice(start, windowStarts[text + 1]), longTexts.pooling));
}
