import { join, normalize } from "node:path";
import { SENTENCE_TEXT_FILES } from "../../files/model-files.js";
import { readModelBytes, readModelJson } from "../../files/regular-file.js";
import type { SentenceFiles } from "./model.js";
import { fieldsOf, isInside, type ModuleEntry, modulesSchema } from "./module-entry.js";
import { MODULES, modelOrRefusal, scoresOrRefusal } from "./modules.js";
import { readSettings, SETTINGS } from "./settings.js";
import { textSchema } from "./texts.js";

/**
 * Reads what sentence-transformers would.
 *
 * @throws LibbertError ERR_CHECKPOINT for a file that is damaged
 */
export function readSentenceFiles(directory: string): SentenceFiles {
  const modules = fieldsOf(modulesSchema, directory, MODULES);
  const { isCrossEncoder, kind, vectors, scores } = readSettings(directory, modules !== undefined);
  const textFile = SENTENCE_TEXT_FILES.find((name) => readModelJson(join(directory, name)) !== undefined);
  const texts = textFile === undefined ? {} : (fieldsOf(textSchema, directory, textFile) ?? {});
  const hasPooling = modules !== undefined && !isCrossEncoder;
  return {
    model: hasPooling ? modelOrRefusal(directory, modules, texts, kind) : null,
    vectors,
    scores:
      isCrossEncoder || modules === undefined ? scoresOrRefusal(directory, modules, texts, scores) : scores,
    isCrossEncoder,
    maxSeqLength: texts.max_seq_length ?? undefined,
    lowercase: texts.do_lower_case ?? false,
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
