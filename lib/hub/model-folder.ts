import { existsSync } from "node:fs";
import { expected } from "../errors.js";
import type { HubCall, HubOptions } from "./options.js";
import { pullModel } from "./pull-model.js";
import { isRepositoryName } from "./repository-name.js";

/**
 * The folder of a model: the one at this path, where there is one, or else the copy of the Hub's model of this name. What is
 * neither stays as it is: whoever reads it says what is wrong.
 *
 * @throws LibbertError ERR_OPTION for a revision of a folder; what `pullModel` throws
 */
export async function modelFolder(model: string, options: HubOptions, call: HubCall): Promise<string> {
  if (!existsSync(model) && isRepositoryName(model)) return (await pullModel(model, options, call)).folder;
  if (options.revision === undefined) return model;
  throw expected("no revision beside the path of a folder, which has none,", "revision", options.revision);
}
