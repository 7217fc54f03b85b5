import { statSync } from "node:fs";
import { cpus, hostname, totalmem } from "node:os";
import type { RowInput } from "../data/readers/rows.js";
import { sha256OfFile } from "../files/file-hash.js";
import { areFiles, pathsOf } from "../options/row-options.js";
import { usableProcessors } from "../runtime/processors.js";
import { libbertVersion, loadedLibTorch } from "../runtime/versions.js";
import type { Compute } from "../tensor/compute.js";
import { numThreads } from "../tensor/process.js";
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

/** Where a run was computed, and with what. */
export function circumstancesOf({ device, dtype, reason }: Compute, started: Date) {
  const ended = new Date();
  return {
    started: started.toISOString(),
    ended: ended.toISOString(),
    seconds: (ended.getTime() - started.getTime()) / 1000,
    compute: { device, dtype, reason, threads: numThreads() },
    versions: { libbert: libbertVersion(), libtorch: loadedLibTorch(), node: process.version },
    machine: {
      host: hostname(),
      cpu: cpus()[0]?.model ?? process.arch,
      cores: usableProcessors(),
      memoryBytes: totalmem(),
    },
  };
}
