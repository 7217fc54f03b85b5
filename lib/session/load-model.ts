import { expected } from "../errors.js";
import { parseOptions } from "../options/parse-options.js";
import type { TaskName } from "../tasks/find-spec.js";
import { ComputeSession } from "./compute-session.js";
import { loadOptions } from "./load-options.js";
import { EncoderModel, Model } from "./model.js";
import type { LoadOptions } from "./option-types.js";
import type { ModelKind } from "./protocol.js";

/** A model by what it is for: whoever asks for its `task` knows what it takes and gives. */
export type LoadedModel<Kind extends ModelKind = ModelKind> = {
  [One in Kind]: One extends TaskName ? Model<One> : EncoderModel;
}[Kind];

/**
 * Loads a model that `save()`, `libbert fine-tune` or Python's transformers wrote. Its files say which task it is for,
 * or that it is an encoder alone, good for `features()` and `embed()`; `options.task` makes that an expectation, and
 * gives the result its exact type.
 *
 * ```ts
 * const model = await loadModel("runs/a");
 * if (model.task === "classification") console.log(await model.predict(["a gripping film"]));
 * ```
 *
 * @throws LibbertError ERR_CHECKPOINT when the directory holds no such model, or a damaged one
 */
export async function loadModel<Kind extends ModelKind = ModelKind>(
  directory: string,
  options: LoadOptions & { task?: Kind } = {},
): Promise<LoadedModel<Kind>> {
  if (typeof directory !== "string") throw expected("the path of a model directory", "directory", directory);
  const settings = parseOptions(loadOptions, options);
  const session = new ComputeSession();
  try {
    const { kind, labels } = await session.request("load", () => ({ directory, settings }));
    const model = kind === "features" ? new EncoderModel(session) : new Model(session, kind, labels, null);
    return model as LoadedModel<Kind>;
  } catch (error) {
    await session.close();
    throw error;
  }
}
