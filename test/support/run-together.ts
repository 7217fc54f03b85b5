import { after, describe } from "node:test";
import { pathToFileURL } from "node:url";

/** Runs test files in this process, one after the other, each as a suite that is called what the file is. */
export async function runTogether(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await new Promise<void>((done) => {
      describe(path, async () => {
        after(() => done()); // a file's tests are over before the next file is so much as imported
        await import(pathToFileURL(path).href);
      });
    });
  }
}
