import { existsSync } from "node:fs";
import type { z } from "zod";
import { requirePath } from "../files/require-path.js";
import type { DownloadEvent } from "../hub/options.js";
import { transferLine } from "../hub/transfer-line.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { loggerOption, withLogger } from "../options/logger.js";
import { parseOptions } from "../options/parse-options.js";
import type { TaskName } from "../tasks/find-spec.js";
import { warn } from "../warn.js";
import { ComputeSession } from "./compute-session.js";
import { withFoundFiles } from "./found-files.js";
import { type LoadContext, loadOptions } from "./load-options.js";
import { EncoderModel, Model } from "./model.js";
import { unlessAborted } from "./on-abort.js";
import type { LoadOptions } from "./option-types.js";
import type { ModelKind } from "./protocol.js";

/** What `loadModel()` is called with. */
export const loadCall = loadOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<DownloadEvent>("DownloadEvent"),
  logger: loggerOption,
});

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
 * Files that are not as libbert saved them with the weights are named in a warning of Node's (`process.on("warning")`), or of
 * `options.logger`, as is what the files of BERT's release do not say.
 *
 * @param model a directory, or the name of a model on the Hugging Face Hub, which is fetched as far as it is not in the cache
 * @throws LibbertError ERR_CHECKPOINT when there is no such model, or a damaged one; ERR_RUNTIME when it cannot be fetched; the
 *   signal's reason
 */
export function loadModel<Kind extends ModelKind = ModelKind>(
  model: string,
  options: LoadOptions & { task?: Kind } = {},
): Promise<LoadedModel<Kind>> {
  return openModel(model, options);
}

/** The same, for commands that have more to say of how. */
export async function openModel<Kind extends ModelKind>(
  model: string,
  options: LoadOptions & { task?: Kind },
  context: LoadContext = {},
): Promise<LoadedModel<Kind>> {
  requirePath(model, "a model directory", "model");
  const call = parseOptions(loadCall, options);
  return withLogger(call, transferLine, (onProgress) =>
    load<Kind>({ model, ...call, onProgress, logger: undefined }, context),
  );
}

async function load<Kind extends ModelKind>(
  { signal, onProgress, logger: _, ...given }: z.output<typeof loadCall> & { model: string },
  context: LoadContext,
): Promise<LoadedModel<Kind>> {
  const { model: directory, ...settings } = await withFoundFiles(given, { signal, onProgress });
  const folder = existsSync(given.model) ? directory : null; // what the cache holds is not to be written to
  const session = new ComputeSession();
  try {
    const loading = session.request("load", () => ({ directory, settings: { ...settings, ...context } }), {
      signal,
    });
    const { kind, labels, calibration, notices } = await unlessAborted(loading, signal);
    for (const notice of notices) warn(notice);
    const loaded =
      kind === "features"
        ? new EncoderModel(session)
        : new Model(session, kind, labels, null, { calibration, folder });
    return loaded as LoadedModel<Kind>;
  } catch (error) {
    const closed = session.close();
    if (!signal?.aborted) await closed; // else the thread ends when it comes to it
    throw error;
  }
}
