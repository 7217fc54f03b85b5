import { existsSync } from "node:fs";
import { expected } from "../errors.js";
import type { HubCall, HubOptions } from "./options.js";
import { pullModel } from "./pull-model.js";
import { pullTokenizer } from "./pull-tokenizer.js";
import { isRepositoryName } from "./repository-name.js";

/**
 * The folder of a model: the one at this path, where there is one, or else the copy of the Hub's model of this name. What is
 * neither stays as it is: whoever reads it says what is wrong.
 *
 * @param option which gives it, for errors
 * @throws LibbertError ERR_OPTION for a revision of a folder; what `pullModel` throws
 */
export function modelFolder(
  model: string,
  options: HubOptions,
  call: HubCall,
  option = "model",
): Promise<string> {
  return folderOf(model, options, () => pullModel(model, options, call, option));
}

/** The same of a model of which the tokenizer alone is wanted: nothing else of it is fetched. */
export function tokenizerFolder(
  model: string,
  options: HubOptions,
  call: HubCall,
  option: string,
): Promise<string> {
  return folderOf(model, options, () => pullTokenizer(model, options, call, option));
}

async function folderOf(
  model: string,
  { revision }: HubOptions,
  pull: () => Promise<{ folder: string }>,
): Promise<string> {
  if (!existsSync(model) && isRepositoryName(model)) return (await pull()).folder;
  if (revision === undefined) return model;
  throw expected("no revision beside the path of a folder, which has none,", "revision", revision);
}
