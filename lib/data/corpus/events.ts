import type { NoticeEvent } from "../../options/notice-event.js";
import type { PrepareProgress } from "./prepare-shards.js";

/** What `onProgress` is told in `trainVocabulary()`. */
export type VocabularyEvent =
  | {
      /** Words are being counted, the first half of the work. */
      type: "count";
      /** Bytes of the files, as they are on disk, that are read. */
      bytes: number;
      /** Bytes of all files. */
      totalBytes: number;
    }
  | {
      /** Pieces are being merged into longer ones, the second half. */
      type: "merge";
      /** Pieces that the vocabulary has so far. */
      pieces: number;
      /** How many it is to have; a small text gives fewer. */
      size: number;
    }
  /** Such as bytes that were replaced. */
  | NoticeEvent;

/** What `onProgress` is told in `prepareCorpus()`. */
export type PrepareEvent =
  | ({
      /** A batch of documents went into the shards. */
      type: "progress";
      /** Bytes of all files, as they are on disk. */
      totalBytes: number;
    } & PrepareProgress)
  | NoticeEvent;
