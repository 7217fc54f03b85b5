import { LibbertError } from "../errors.js";
import { openModel } from "../session/load-model.js";
import type { LoadContext } from "../session/load-options.js";
import type { Model } from "../session/model.js";
import type { LoadOptions } from "../session/option-types.js";
import type { ModelKind } from "../session/protocol.js";
import { downloadProgress } from "./progress/download-progress.js";

/** A model of a task. @throws ERR_OPTION for an encoder alone; what `loadModel` throws */
export async function loadFineTuned(
  directory: string,
  options: LoadOptions & { task?: ModelKind },
  context?: LoadContext,
): Promise<Model> {
  const model = await openModel(directory, { onProgress: downloadProgress(), ...options }, context);
  if (model.task !== "features") return model;
  await model.dispose();
  throw new LibbertError(
    "ERR_OPTION",
    "Expected a fine-tuned model but this is an encoder alone, for libbert features and libbert embed",
    { option: "model" },
  );
}
