import type { Command } from "commander";
import { z } from "zod";
import { fineTuneOptions } from "../../fine-tuning/options.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import type { OptionsUnion } from "../../options/schema.js";
import type { FineTuneOptions } from "../../session/option-types.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { trainAndReport } from "../train-and-report.js";

const ownOptions = {
  teacher: pathField().describe(`${MODEL}: whose answers are learnt`).register(optionMeta, { isPath: true }),
  model: pathField()
    .optional()
    .describe(`${MODEL}: what learns them`)
    .register(optionMeta, { defaultText: "the teacher itself, of which layers are kept", isPath: true }),
};

const DEFAULT_TASK = "embedding";

/** `libbert distill` */
export function distillCommand(): Command {
  return schemaCommand("distill", taughtTasks(), run, (given) => ({ task: DEFAULT_TASK, ...given }))
    .description("train a smaller model to give a teacher's answers, on texts without labels")
    .addHelpText(
      "after",
      `\nWithout --task it is ${DEFAULT_TASK}: the teacher's vectors are learnt.\n\n` +
        "Examples:\n  libbert distill --teacher sentence-transformers/all-MiniLM-L6-v2 --layers 3 --train texts.txt \\\n" +
        "    --output-dir runs/small\n" +
        "  libbert distill --task classification --teacher runs/films --layers 3 --train texts.txt \\\n" +
        "    --validation dev.tsv --output-dir runs/small-films",
    );
}

/** The options of `fineTune()` for the tasks that a teacher may teach. */
function taughtTasks(): OptionsUnion {
  const members = fineTuneOptions.options.filter(({ shape }) => "teacher" in shape);
  const [first, ...rest] = members.map((member) => member.extend(ownOptions));
  return z.discriminatedUnion("task", [first!, ...rest]);
}

function run(options: FineTuneOptions & { teacher: string }, context: CommandContext): Promise<void> {
  return trainAndReport({ ...options, model: options.model ?? options.teacher }, context);
}
