import { join, normalize } from "node:path";
import { checksumOf } from "../files/checksum.js";
import { readModelBytes } from "../files/regular-file.js";
import { checksumsIn } from "../files/safetensors.js";
import { someOf } from "../text-format.js";
import { isInside } from "./sentence/module-entry.js";
import type { CheckpointWeights } from "./weights.js";

/** The field of the weights' metadata with a checksum for each file that was saved beside them. */
const FIELD = "libbert_files";

/** What the weights of a model say of the files beside them. @param names of those, relative to the directory */
export function filesMetadata(directory: string, names: readonly string[]): Record<string, string> {
  const checksums = names.map((name) => [name, checksumOf(readModelBytes(join(directory, name))!)]);
  return { [FIELD]: JSON.stringify(Object.fromEntries(checksums)) };
}

/**
 * A sentence that names the files that are not as they were saved with the weights; undefined where there are none. That is no
 * error: whoever renames a label in `config.json` changes a file, too.
 */
export function changedFiles({ directory, metadata }: CheckpointWeights): string | undefined {
  const changed = [...checksumsIn(metadata, FIELD, join(directory, "model.safetensors"))].flatMap(
    ([name, saved]) => {
      if (!isInside(normalize(name))) return [];
      const bytes = readModelBytes(join(directory, name));
      if (bytes === undefined) return [`${name} (missing)`];
      return checksumOf(bytes) === saved ? [] : [name];
    },
  );
  if (changed.length === 0) return undefined;
  return (
    `Files in ${directory} are not as they were saved with its weights: ${someOf(changed)}; restore them, ` +
    "unless they were changed on purpose (saving the model again ends this warning)"
  );
}
