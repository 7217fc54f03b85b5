import { createProgram } from "../../lib/cli/program.js";
import { reportError } from "../../lib/cli/report-error.js";

/** Runs a command of `libbert` in this process, which takes milliseconds where a process of its own takes half a second. */
export async function libbertInProcess(
  words: string[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const restore = (["stdout", "stderr"] as const).map((name) => {
    const { write } = process[name];
    process[name].write = ((chunk: string | Uint8Array, done?: () => void) => {
      if (typeof chunk !== "string") return write.call(process[name], chunk); // the test runner's reports
      written[name] += chunk;
      done?.();
      return true;
    }) as typeof write;
    return () => {
      process[name].write = write;
    };
  });
  const codeBefore = process.exitCode;
  process.exitCode = undefined;
  try {
    const program = await createProgram(words[0]);
    await program.parseAsync(words, { from: "user" });
    return { status: Number(process.exitCode ?? 0), ...written };
  } catch (error) {
    const status = reportError(error);
    return { status, ...written };
  } finally {
    process.exitCode = codeBefore;
    for (const reset of restore) reset();
  }
}
