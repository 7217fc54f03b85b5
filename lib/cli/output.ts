import { produceWholeFile, type Write } from "../files/whole-file.js";

/**
 * Lets `produce` write to the file of the option `output`, or to standard output where there is no path.
 *
 * @throws LibbertError as `produceWholeFile` does
 */
export function writeOutput(
  path: string | undefined,
  produce: (write: Write) => Promise<void>,
): Promise<void> {
  return path === undefined ? produce(writeToStandardOutput) : produceWholeFile(path, "output", produce);
}

/** Waits until the text is taken, so that a slow reader holds the work up instead of filling the memory. */
function writeToStandardOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
