import { WARNING } from "../errors.js";

/** Tells what is no error on standard error. */
export function notice(message: string): void {
  console.error(`Note: ${message}`);
}

/** Tells the library's warnings as notices. Node's own form has a process id before them, and one of Node's flags behind. */
export function tellWarnings(): void {
  const others = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name === WARNING) notice(warning.message);
    else for (const tell of others) tell(warning);
  });
}
