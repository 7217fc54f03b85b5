import { existsSync } from "node:fs";
import { join, normalize } from "node:path";
import { LibbertError } from "../../errors.js";
import { readModelJson } from "../../files/regular-file.js";
import { isObject } from "../../is-object.js";
import { shown } from "../../options/parse-fields.js";
import { layerOf } from "./layers.js";
import type { SentenceModel } from "./model.js";
import { isModule, type ModuleEntry, nameOf, Unsupported } from "./module-entry.js";
import { poolingOf } from "./pooling.js";
import { type ScoreSettings, VECTORS } from "./settings.js";
import { checkTexts, FOR_SCORES, FOR_VECTORS, type TextFields } from "./texts.js";

export const MODULES = "modules.json";

/** What the modules compute, or the error for whoever asks for it. */
export function modelOrRefusal(
  directory: string,
  modules: readonly ModuleEntry[],
  texts: TextFields,
  kind: string,
): SentenceModel | LibbertError {
  return orRefusal(
    () => modelOf(directory, modules, texts, kind),
    (what) =>
      `${join(directory, MODULES)} asks for ${what}, which embed() does not have: take sentence-transformers for these vectors, ` +
      "or features() with the pooling that you want",
  );
}

/** What is said of scores, or the error for whoever asks for them. @param modules undefined without a `modules.json`, as in old versions */
export function scoresOrRefusal(
  directory: string,
  modules: readonly ModuleEntry[] | undefined,
  texts: TextFields,
  settings: ScoreSettings,
): ScoreSettings | LibbertError {
  const check = () => {
    const [transformer, other] = modules ?? [];
    if (transformer) requireTransformer(transformer);
    if (other) throw new Unsupported(nameOf(other));
    if (modules) checkTexts(texts, FOR_SCORES);
    else if (hasChatTemplate(directory))
      throw new Unsupported("texts as messages of a chat (the tokenizer's chat_template)");
    return settings;
  };
  return orRefusal(
    check,
    (what) =>
      `${directory} asks for ${what}, which score() and rank() do not have: take sentence-transformers for these scores`,
  );
}

function orRefusal<Made>(make: () => Made, messageOf: (what: string) => string): Made | LibbertError {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unsupported) return new LibbertError("ERR_CHECKPOINT", messageOf(error.message));
    throw error;
  }
}

function requireTransformer(module: ModuleEntry): void {
  if (!isModule(module, "Transformer") || normalize(module.path || ".") !== ".")
    throw new Unsupported(`${nameOf(module)} in ${shown(module.path)} as the first module`);
}

/** Without a `modules.json`, sentence-transformers shows a tokenizer's template what is to be scored. */
function hasChatTemplate(directory: string): boolean {
  if (existsSync(join(directory, "chat_template.jinja"))) return true;
  const json = readModelJson(join(directory, "tokenizer_config.json"));
  return isObject(json) && json.chat_template != null;
}

function modelOf(
  directory: string,
  modules: readonly ModuleEntry[],
  texts: TextFields,
  kind: string,
): SentenceModel {
  if (kind !== VECTORS) throw new Unsupported(`the model_type ${shown(kind)}`);
  const [transformer, pooling, ...others] = modules as [ModuleEntry, ...ModuleEntry[]];
  requireTransformer(transformer);
  checkTexts(texts, FOR_VECTORS);
  if (pooling === undefined) throw new Unsupported("no pooling");
  if (!isModule(pooling, "Pooling")) throw new Unsupported(`${nameOf(pooling)} in the place of a pooling`);
  return {
    ...poolingOf(directory, pooling),
    layers: others.flatMap((module) => layerOf(directory, module) ?? []),
  };
}
