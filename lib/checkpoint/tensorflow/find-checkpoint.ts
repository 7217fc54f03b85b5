import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../../errors.js";
import { readModelText } from "../../files/regular-file.js";
import { someOf } from "../../text-format.js";

/** `bert_model.ckpt.index`, or `model.ckpt-343.index` of a training. */
const INDEX = /\.ckpt(-\d+)?\.index$/;
/** The file in which a training says which of its checkpoints is the newest. */
const NEWEST = "checkpoint";

/** The files of a checkpoint of TensorFlow 1, by their names in the directory. */
export interface CheckpointFiles {
  index: string;
  /** Of its variables' numbers. */
  data: readonly string[];
}

/**
 * The checkpoint in a directory: the only one, or the one that the file `checkpoint` names; null where there is none.
 *
 * @throws LibbertError ERR_CHECKPOINT where there are several, of which none is named
 */
export function findTensorFlowCheckpoint(directory: string): CheckpointFiles | null {
  const names = readdirSync(directory).sort();
  const indices = names.filter((name) => INDEX.test(name));
  const index = indices.length > 1 ? newestOf(indices, directory) : indices[0];
  if (index === undefined) return null;
  return { index, data: dataFiles(index, names) };
}

/** Those of some files in which the numbers of a checkpoint lie. */
export function dataFiles(index: string, names: readonly string[]): string[] {
  const beginning = index.replace(/index$/, "data-");
  return names.filter((name) => name.startsWith(beginning));
}

function newestOf(indices: readonly string[], directory: string): string {
  const text = readModelText(join(directory, NEWEST)) ?? "";
  const [, path] = /^model_checkpoint_path:\s*"([^"\n]*)"/m.exec(text) ?? [];
  const named = indices.find((index) => index === `${path?.split("/").at(-1)}.index`);
  if (named !== undefined) return named;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected one TensorFlow checkpoint in ${directory}, or a file ${NEWEST} that names one of several, but found ${someOf(indices)}`,
  );
}
