import type { Command } from "commander";
import { z } from "zod";
import { expected } from "../../errors.js";
import { optionMeta } from "../../options/option.js";
import { reportOptions } from "../../report/options.js";
import { watchRuns } from "../../report/watch-runs.js";
import { report } from "../../session/report.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandOptions = reportOptions.omit({ runs: true }).extend({
  watch: z
    .boolean()
    .default(false)
    .describe("serve the page to browsers of this machine, and have it follow the runs, until Ctrl-C"),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe("port to serve the page at")
    .register(optionMeta, { defaultText: "one that is free" }),
});

/** `libbert report` */
export function reportCommand(): Command {
  const command: Command = schemaCommand("report", commandOptions, (options, context) =>
    run(command.args, options, context),
  );
  return command
    .argument("<runs...>", "folders that runs have written to; several are compared on one page")
    .description("write the report of a run, or of several, as one page of HTML; print its path")
    .addHelpText(
      "after",
      "\nExamples:\n  libbert report runs/films\n" +
        "  libbert report runs/films runs/films-2 --output comparison.html\n" +
        "  libbert report runs/films --watch",
    );
}

async function run(
  runs: string[],
  { output, watch, port }: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  if (!watch) {
    if (port !== undefined) throw expected("no value without --watch", "port", port);
    const path = await report({ runs, output });
    return console.log(json ? JSON.stringify({ report: path }) : path);
  }
  if (output !== undefined)
    throw expected("no value beside --watch, which writes no file,", "output", output);
  const onListening = (url: string) => console.log(json ? JSON.stringify({ url }) : url);
  await watchRuns(runs, { port: port ?? 0, signal, onListening });
}
