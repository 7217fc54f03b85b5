import { join, normalize } from "node:path";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { SENTENCE_TEXT_FILES } from "../../files/model-files.js";
import { readModelBytes, readModelJson } from "../../files/regular-file.js";
import { shown } from "../../options/parse-fields.js";
import type { SentenceFiles } from "./model.js";
import { fieldsOf, isInside, type ModuleEntry, modulesSchema } from "./module-entry.js";
import { MODULES, modelOrRefusal } from "./modules.js";
import { textSchema } from "./texts.js";

const SETTINGS = "config_sentence_transformers.json";

/**
 * Reads what sentence-transformers would.
 *
 * @throws LibbertError ERR_CHECKPOINT for a file that is damaged
 */
export function readSentenceFiles(directory: string): SentenceFiles {
  const modules = fieldsOf(modulesSchema, directory, MODULES);
  const settings = fieldsOf(settingsSchema, directory, SETTINGS) ?? settingsSchema.parse({});
  const textFile = SENTENCE_TEXT_FILES.find((name) => readModelJson(join(directory, name)) !== undefined);
  const texts = textFile === undefined ? {} : (fieldsOf(textSchema, directory, textFile) ?? {});
  const isOther = settings.model_type === "CrossEncoder"; // made of another head, and without a pooling
  return {
    model: modules === undefined || isOther ? null : modelOrRefusal(directory, modules, texts),
    maxSeqLength: texts.max_seq_length ?? undefined,
    lowercase: texts.do_lower_case ?? false,
    prompt: isOther ? "" : promptOf(directory, settings),
    truncateDim: settings.truncate_dim ?? undefined,
    files: contentOf(directory, textFile, modules ?? []),
  };
}

/** What a module's folder holds. */
const MODULE_FILES = ["config.json", "model.safetensors", "pytorch_model.bin"];

function contentOf(
  directory: string,
  textFile: string | undefined,
  modules: readonly ModuleEntry[],
): Map<string, Uint8Array> {
  const folders = modules
    .map(({ path }) => normalize(path || "."))
    .filter((path) => isInside(path) && path !== ".");
  const names = folders.flatMap((folder) => MODULE_FILES.map((file) => join(folder, file)));
  const files = new Map<string, Uint8Array>();
  for (const [name, savedAs] of [
    ...[MODULES, SETTINGS, ...names].map((one) => [one, one]),
    [textFile, SENTENCE_TEXT_FILES[0]],
  ]) {
    const content = name === undefined ? undefined : readModelBytes(join(directory, name));
    if (content !== undefined) files.set(savedAs!, content);
  }
  return files;
}

const settingsSchema = z.looseObject({
  model_type: z.string().nullish(),
  prompts: z.record(z.string(), z.string().nullable()).nullish(),
  default_prompt_name: z.string().nullish(),
  truncate_dim: z.int().positive().nullish(),
});

function promptOf(directory: string, settings: z.output<typeof settingsSchema>): string {
  const { default_prompt_name: name, prompts } = settings;
  if (name === undefined || name === null) return "";
  const prompt = prompts && Object.hasOwn(prompts, name) ? prompts[name] : undefined;
  if (typeof prompt === "string") return prompt;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${join(directory, SETTINGS)}: Expected a name of its prompts for default_prompt_name but received ${shown(name)}`,
  );
}
