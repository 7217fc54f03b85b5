/** Calls that fail, and what their errors say. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type FineTuneOptions, fineTune } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, tinyRun } from "./support.js";

/** Of the files of a test. */
export const directory = temporaryDirectory();
export const train = rowsOf(90);

export interface ExpectedError {
  code: string;
  /** The whole message; DIR stands for the directory of the test's files. */
  message: string | RegExp;
}

export async function assertFails(call: Promise<unknown>, { code, message }: ExpectedError): Promise<void> {
  const error = await failureOf(call);
  assert.equal(error.name, "LibbertError", error.stack);
  assert.equal(error.code, code, error.message);
  const text = error.message.replaceAll(directory, "DIR");
  if (typeof message === "string") assert.equal(text, message);
  else assert.match(text, message);
}

/** A run that fails must not leave anything in its output directory. */
export async function assertRunFails(
  options: Partial<FineTuneOptions>,
  expected: ExpectedError,
): Promise<void> {
  const outputDir = join(directory, "out");
  await assertFails(fineTune({ ...tinyRun, train, outputDir, ...options } as FineTuneOptions), expected);
  if (existsSync(outputDir)) assert.deepEqual(readdirSync(outputDir), []);
}
