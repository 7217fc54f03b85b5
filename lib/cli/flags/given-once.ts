import type { Command } from "commander";
import { describe, LibbertError } from "../../errors.js";

/**
 * Lets a command refuse a flag that is given again with another value, of which commander would forget the first. Those
 * whose help shows `...` take several values.
 */
export function refuseRepeated(command: Command): Command {
  for (const option of command.options) {
    const takesOne = (option.required || option.optional) && !option.flags.includes("...");
    if (!takesOne) continue;
    let first: string | undefined;
    command.on(`option:${option.name()}`, (text: string) => {
      first ??= text;
      if (text === first) return;
      const message = `Expected ${option.long} once but received it with ${describe(first)} and ${describe(text)}`;
      throw new LibbertError("ERR_OPTION", message, { option: option.attributeName() });
    });
  }
  return command;
}
