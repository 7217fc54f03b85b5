import { Command } from "commander";
import { z } from "zod";
import { parseOptions } from "../options/parse-options.js";
import type { OptionsSchema, OptionsUnion } from "../options/schema.js";
import { namingFlags, requireAll } from "./flags/errors.js";
import { flagsOf, flagsOfCommand } from "./flags/flags.js";
import { mergedUnion } from "./flags/merged-options.js";
import { givenOptions } from "./flags/values.js";
import { untilInterrupted } from "./interrupt.js";

/** How a command runs, beside its schema's options. */
export interface CommandContext {
  /** Whether the last line of standard output is to be one JSON object. */
  json: boolean;
  /** Aborts at Ctrl-C. */
  signal: AbortSignal;
}

/** Adds to the options that the flags give, before they are checked; `values` has flags beyond the schema, too. */
export type Complete = (
  given: Record<string, unknown>,
  values: Record<string, unknown>,
) => Record<string, unknown>;

type RunCommand<Options> = (options: Options, context: CommandContext) => Promise<void>;

/**
 * A command whose options are those of a schema, in kebab-case, with its descriptions and defaults for the help, and
 * `--json`. Values are checked by the schema; errors name the flag.
 */
export function schemaCommand<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  run: RunCommand<z.output<Schema>>,
  complete?: Complete,
): Command;
/** The same with the options of all members of a union. `Options` says for the compiler what these are. */
export function schemaCommand<Options>(
  name: string,
  schema: OptionsUnion,
  run: RunCommand<Options>,
  complete?: Complete,
): Command;
export function schemaCommand(
  name: string,
  schema: OptionsSchema,
  run: RunCommand<never>,
  complete: Complete = (given) => given,
): Command {
  const flags = flagsOf(schema instanceof z.ZodObject ? schema : mergedUnion(schema));
  const command = new Command(name);
  for (const { option } of flags) command.addOption(option);
  command.option("--json", "make the last line of standard output one JSON object");
  return command.action(async () => {
    const values: Record<string, unknown> = command.opts();
    try {
      const isGiven = (attribute: string) => command.getOptionValueSource(attribute) === "cli";
      const options = complete(givenOptions(flags, values, isGiven), values);
      requireAll(flags, options);
      const checked = parseOptions(schema, options);
      await untilInterrupted((signal) => run(checked as never, { json: values.json === true, signal }));
    } catch (error) {
      throw namingFlags(error, [...flags, ...flagsOfCommand(command)]);
    }
  });
}
