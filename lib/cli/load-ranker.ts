import { loadModel } from "../session/load-model.js";
import type { Model } from "../session/model.js";
import type { LoadOptions } from "../session/option-types.js";

/** A cross-encoder. @throws ERR_CHECKPOINT for a model that is none; what `loadModel` throws */
export async function loadRanker(folder: string, options: LoadOptions): Promise<Model<"reranking">> {
  const model = await loadModel(folder, { ...options, task: "reranking" });
  return model as Model<"reranking">;
}
