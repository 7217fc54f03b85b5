import { lstatSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { describe, LibbertError } from "../errors.js";

type Write = (text: string) => Promise<void>;

/**
 * Lets `produce` write to a file, or to standard output where there is no path. The file appears when `produce` is
 * done; a run that fails leaves none, and an older file as it was.
 *
 * @throws LibbertError ERR_OPTION when the file cannot be opened; ERR_RUNTIME when the disk is full or fails
 */
export async function writeOutput(
  path: string | undefined,
  produce: (write: Write) => Promise<void>,
): Promise<void> {
  if (path === undefined) return produce(writeToStandardOutput);
  const partial = isOrdinary(path) ? `${path}.partial` : path;
  const file = await open(partial, "w").catch((error) => {
    throw unwritable(path, error);
  });
  try {
    await produce((text) => file.appendFile(text).catch((error) => Promise.reject(notWritten(path, error))));
    await file.close();
    if (partial !== path) await rename(partial, path);
  } catch (error) {
    await file.close();
    if (partial !== path) await rm(partial, { force: true });
    throw error;
  }
}

/** Whether a file may take this path's place: it must not replace a device, a pipe or a link. */
function isOrdinary(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

function unwritable(path: string, cause: NodeJS.ErrnoException): LibbertError {
  const message = `Expected a writable file for output but received ${describe(path)}: ${cause.code}`;
  return new LibbertError("ERR_OPTION", message, { cause, option: "output" });
}

function notWritten(path: string, cause: Error): LibbertError {
  return new LibbertError("ERR_RUNTIME", `${path} could not be written: ${cause.message}`, { cause });
}

/** Waits until the text is taken, so that a slow reader holds the work up instead of filling the memory. */
function writeToStandardOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
