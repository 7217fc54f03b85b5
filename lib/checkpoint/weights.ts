import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { SafetensorsReader, type StoredTensor } from "../files/safetensors.js";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** The tensors of a Hugging Face directory, whichever files they lie in. */
export class CheckpointWeights implements Disposable {
  readonly #readers: SafetensorsReader[];
  readonly #readerOf = new Map<string, SafetensorsReader>();

  /** Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists. */
  constructor(readonly directory: string) {
    this.#readers = [];
    try {
      for (const file of weightFiles(directory))
        this.#readers.push(new SafetensorsReader(join(directory, file)));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    for (const reader of this.#readers) {
      for (const name of reader.tensors.keys()) this.#readerOf.set(name, reader);
    }
  }

  names(): string[] {
    return [...this.#readerOf.keys()];
  }

  describe(name: string): StoredTensor {
    return this.#readerOf.get(name)!.tensors.get(name)!;
  }

  read(name: string): Uint8Array {
    return this.#readerOf.get(name)!.read(name);
  }

  /** Fills `bytes` with those of a tensor from its byte `start` on. */
  readInto(name: string, start: number, bytes: Uint8Array): void {
    this.#readerOf.get(name)!.readInto(name, start, bytes);
  }

  [Symbol.dispose](): void {
    for (const reader of this.#readers) reader[Symbol.dispose]();
  }
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The files of a model directory that hold its weights, in the index's order. */
export function weightFiles(directory: string): string[] {
  if (existsSync(join(directory, SINGLE))) return [SINGLE];
  const index = join(directory, INDEX);
  if (!existsSync(index)) {
    const hint = existsSync(join(directory, "pytorch_model.bin"))
      ? "; its pytorch_model.bin is a pickle, which libbert does not read: save it as safetensors"
      : "";
    throw new LibbertError("ERR_CHECKPOINT", `Expected ${SINGLE} or ${INDEX} in ${directory}${hint}`);
  }
  try {
    return [...new Set(Object.values(indexSchema.parse(JSON.parse(readFileSync(index, "utf8"))).weight_map))];
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `${index} is damaged: it is no index of shards`, {
      cause: error,
    });
  }
}
