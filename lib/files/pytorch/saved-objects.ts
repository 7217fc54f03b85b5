import type { PickleValue, Storage } from "./pickle-values.js";

/** Where the numbers of a storage lie in the file. */
export interface StoragePlace {
  start: number;
  end: number;
  /** Of all of them; undefined where the file has none. */
  crc32?: number | undefined;
}

/** What `torch.save` wrote: an object, and the numbers of its storages apart from it. */
export interface SavedObjects {
  object: PickleValue;
  /** @throws LibbertError ERR_CHECKPOINT for a storage that is not there, or of another length */
  placeOf(storage: Storage): StoragePlace;
}
