import { statSync } from "node:fs";
import type { RowInput } from "../data/readers/rows.js";
import { sha256OfFile } from "../files/file-hash.js";
import { areFiles, pathsOf } from "../options/row-options.js";
import type { FineTuneSettings } from "./options.js";

/** What a run was made from: what makes it comparable with others, beside its options. */
export interface RunOrigin {
  /** Hashes of the files with the weights, by name. */
  model: { path: string; sha256: Record<string, string> };
  teacher?: { path: string; sha256: Record<string, string> };
  data: { train: FileOrigin[] | null; validation: FileOrigin[] | null };
}

/** A file of rows. Rows that the program gave have none. */
interface FileOrigin {
  path: string;
  /** Null where it can be read but once: standard input. */
  sha256: string | null;
}

/** Reads the rows' files once: before they are used, as they may change while the run goes on. */
export async function originOf(
  { model, teacher, train, validation }: FineTuneSettings,
  sha256: Record<string, string>,
  teacherHashes: Record<string, string> | null,
): Promise<RunOrigin> {
  return {
    model: { path: model, sha256 },
    ...(teacher !== undefined && { teacher: { path: teacher, sha256: teacherHashes! } }),
    data: {
      train: await dataOrigin(train),
      validation: validation === undefined ? null : await dataOrigin(validation),
    },
  };
}

async function dataOrigin(rows: RowInput): Promise<FileOrigin[] | null> {
  if (!areFiles(rows)) return null;
  const files: FileOrigin[] = [];
  for (const path of pathsOf(rows)) {
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile(); // what is none can be read but once, or not at all
    files.push({ path, sha256: isFile ? await sha256OfFile(path) : null });
  }
  return files;
}
