import { existsSync, realpathSync, statSync } from "node:fs";
import { expected } from "../errors.js";
import { produceWholeFile, type Write } from "../files/whole-file.js";

/**
 * Lets `produce` write to the file of the option `output`, or to standard output where there is no path.
 *
 * @param inputs paths that are read, if there are any: the file must not replace one of them
 * @throws LibbertError as `produceWholeFile` does
 */
export async function writeOutput(
  path: string | undefined,
  inputs: readonly unknown[],
  produce: (write: Write) => Promise<void>,
): Promise<void> {
  if (path === undefined) return produce(writeToStandardOutput);
  return writeBeside(inputs, path, "output", produce);
}

/** The same with a file of any option. */
export async function writeBeside(
  inputs: readonly unknown[],
  path: string,
  option: string,
  produce: (write: Write) => Promise<void>,
): Promise<void> {
  if (inputs.some((input) => typeof input === "string" && isSameFile(input, path)))
    throw expected("another file than the input, which it would replace,", option, path);
  return produceWholeFile(path, option, produce);
}

/** Whether both paths lead to one file. A device is not replaced. */
function isSameFile(one: string, other: string): boolean {
  if (!existsSync(one) || !existsSync(other)) return false;
  return statSync(one).isFile() && realpathSync(one) === realpathSync(other);
}

/** Waits until the text is taken, so that a slow reader holds the work up instead of filling the memory. */
function writeToStandardOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
