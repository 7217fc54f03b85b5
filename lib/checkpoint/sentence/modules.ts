import { join, normalize } from "node:path";
import { LibbertError } from "../../errors.js";
import { shown } from "../../options/parse-fields.js";
import { layerOf } from "./layers.js";
import type { SentenceModel } from "./model.js";
import { isModule, type ModuleEntry, nameOf, Unsupported } from "./module-entry.js";
import { poolingOf } from "./pooling.js";
import { checkTexts, type TextFields } from "./texts.js";

export const MODULES = "modules.json";

/** What the modules compute, or the error for whoever asks for it. */
export function modelOrRefusal(
  directory: string,
  modules: readonly ModuleEntry[],
  texts: TextFields,
): SentenceModel | LibbertError {
  try {
    return modelOf(directory, modules, texts);
  } catch (error) {
    if (error instanceof Unsupported) return refusal(directory, error.message);
    throw error;
  }
}

function refusal(directory: string, what: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `${join(directory, MODULES)} asks for ${what}, which embed() does not have: take sentence-transformers for these vectors, ` +
      "or features() with the pooling that you want",
  );
}

function modelOf(directory: string, modules: readonly ModuleEntry[], texts: TextFields): SentenceModel {
  const [transformer, pooling, ...others] = modules as [ModuleEntry, ...ModuleEntry[]];
  if (!isModule(transformer, "Transformer") || normalize(transformer.path || ".") !== ".")
    throw new Unsupported(`${nameOf(transformer)} in ${shown(transformer.path)} as the first module`);
  checkTexts(texts);
  if (pooling === undefined) throw new Unsupported("no pooling");
  if (!isModule(pooling, "Pooling")) throw new Unsupported(`${nameOf(pooling)} in the place of a pooling`);
  return {
    ...poolingOf(directory, pooling),
    layers: others.flatMap((module) => layerOf(directory, module) ?? []),
  };
}
