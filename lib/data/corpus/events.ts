import type { PrepareProgress } from "./prepare-shards.js";

/** What `onProgress` is told in `trainVocabulary()`. */
export type VocabularyEvent =
  /** So much of the files, as they are on disk, is counted. */
  | { type: "count"; bytes: number; totalBytes: number }
  /** So many pieces are there. */
  | { type: "merge"; pieces: number; size: number }
  /** Something to know that is no error, such as bytes that were replaced. */
  | { type: "notice"; message: string };

/** What `onProgress` is told in `prepareCorpus()`. */
export type PrepareEvent =
  /** So much of the files, as they are on disk, is done; the counts are those of both splits. */
  | ({ type: "progress"; totalBytes: number } & PrepareProgress)
  /** Something to know that is no error. */
  | { type: "notice"; message: string };
