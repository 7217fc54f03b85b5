import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsReader, type TensorToStore, writeSafetensors } from "../../lib/files/safetensors.js";
import { goldenPath } from "./golden.js";

/** A copy of tiny-bert in `directory`, with other tensors than it had. */
export function alterTinyBert(
  directory: string,
  alter: (tensors: Map<string, TensorToStore>) => void,
): string {
  return alterCheckpoint("tiny-bert", directory, alter);
}

/** A copy of one of the golden checkpoints in `directory`, with other tensors than it had. */
export function alterCheckpoint(
  original: string,
  directory: string,
  alter: (tensors: Map<string, TensorToStore>) => void,
): string {
  copyFileSync(goldenPath(`${original}/config.json`), join(directory, "config.json"));
  using reader = new SafetensorsReader(goldenPath(`${original}/model.safetensors`));
  const tensors = new Map<string, TensorToStore>();
  for (const [name, { dtype, shape }] of reader.tensors) {
    tensors.set(name, { dtype: dtype!, shape, bytes: () => reader.read(name) });
  }
  alter(tensors);
  writeSafetensors(join(directory, "model.safetensors"), tensors);
  return directory;
}

/** A float32 tensor of zeros, to store. */
export function storedZeros(...shape: number[]): TensorToStore {
  const elements = shape.reduce((product, length) => product * length, 1);
  return { dtype: "float32", shape, bytes: () => new Uint8Array(4 * elements) };
}
