/**
 * One process of several that pre-train together, or one on its own: prints its course.
 *
 *     node rank.js '<options of the run>' [moment of its end, such as step:8 or step:8:SIGSTOP]
 *
 * A launcher's second try does not end there. It ends by SIGKILL, or by another signal.
 */
import "../support/one-thread.js";

import { LibbertError } from "../../lib/errors.js";
import { courseOf } from "./course.js";

const options = JSON.parse(process.argv[2]!);
const isFirstTry = (process.env.TORCHELASTIC_RESTART_COUNT ?? "0") === "0";
const [moment, step, signal = "SIGKILL"] = (isFirstTry && process.argv[3]?.split(":")) || [];
const controller = new AbortController();
process.once("SIGTERM", () => controller.abort(new LibbertError("ERR_STOPPED", "asked to stop")));

try {
  const course = await courseOf(options, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === moment && "step" in event && event.step === Number(step))
        process.kill(process.pid, signal);
    },
  });
  console.log(JSON.stringify(course));
} catch (error) {
  console.error(`${(error as LibbertError).code}: ${(error as Error).message}`);
  process.exitCode = 1;
}
