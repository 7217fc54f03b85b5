import { noConfig } from "../checkpoint/foreign-files.js";
import { expected } from "../errors.js";
import { isDirectory } from "../files/is-directory.js";
import { modelFolder } from "../hub/model-folder.js";
import type { HubCall, HubOptions } from "../hub/options.js";
import { withListener } from "../options/listener.js";
import type { RowSource } from "../options/row-options.js";
import { foundRows } from "./found-rows.js";

/**
 * Settings of a pre-training with the folder of the model that it goes on from, which may be given by its name on the Hub, and
 * without what is needed to find it.
 *
 * @throws ERR_CHECKPOINT for a model that is not there, before a thread is started for it; what `modelFolder` throws, or what the
 *   listener threw; ERR_OPTION for a revision of nothing
 */
export async function withFoundOrigin<Settings extends HubOptions & { continueFrom?: string | undefined }>(
  settings: Settings,
  call: HubCall,
): Promise<Omit<Settings, keyof HubOptions>> {
  const { revision, token, cacheDir, localFilesOnly, ...others } = settings;
  const { continueFrom } = settings;
  if (continueFrom === undefined) {
    if (revision !== undefined) throw expected("no value without continueFrom", "revision", revision);
    return others;
  }
  const options = { revision, token, cacheDir, localFilesOnly };
  const folder = await withListener(call, (how) => modelFolder(continueFrom, options, how, "continueFrom"));
  return { ...others, continueFrom: existingModel(folder) };
}

/** What names files that have to be found first. */
interface Named extends HubOptions {
  model: string;
  teacher?: string;
  train?: RowSource;
  validation?: RowSource;
}

/**
 * Settings with the folder of their model, which may be given by its name on the Hub, and with the files of their rows,
 * which may be given by patterns, but without what is needed to find them: the token above all goes no further.
 *
 * @param isModel whether a model may be at a path. Default: whether a folder is there
 * @throws ERR_CHECKPOINT for a model that is not there, before a thread is started for it; what `modelFolder` and `foundRows` throw,
 *   or what the listener threw
 */
export async function withFoundFiles<Settings extends Named>(
  settings: Settings,
  call: HubCall,
  isModel = isDirectory,
): Promise<Omit<Settings, keyof HubOptions>> {
  const { revision, token, cacheDir, localFilesOnly, ...others } = settings;
  const { teacher, train, validation } = settings;
  const hub = { token, cacheDir, localFilesOnly };
  return withListener(call, async (how) => ({
    ...others,
    model: existingModel(await modelFolder(settings.model, { revision, ...hub }, how), isModel),
    ...(teacher !== undefined && { teacher: existingModel(await modelFolder(teacher, hub, how, "teacher")) }),
    ...(train !== undefined && { train: await foundRows(train, { option: "train", hub, call: how }) }),
    ...(validation !== undefined && {
      validation: await foundRows(validation, { option: "validation", hub, call: how }),
    }),
  }));
}

/** A path where a model may be. @throws ERR_CHECKPOINT where none can be */
export function existingModel(model: string, isModel = isDirectory): string {
  if (isModel(model)) return model;
  throw noConfig(model);
}
