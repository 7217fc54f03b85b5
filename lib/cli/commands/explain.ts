import type { Command } from "commander";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import type { Explanation } from "../../explanation/explanation.js";
import { explainOptions } from "../../explanation/options.js";
import { explanationText } from "../../explanation/text.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { taskModelOptions } from "../../session/load-options.js";
import type { Model } from "../../session/model.js";
import { loadFineTuned } from "../load-fine-tuned.js";
import { notice } from "../notice.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandOptions = z.strictObject({
  model: pathField().describe(`${MODEL}, fine-tuned, or an encoder beside comparedWith`),
  text: z.string().optional().describe("the text to explain"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  question: z
    .string()
    .optional()
    .describe("question-answering and multiple-choice: the question, beside context"),
  context: z
    .string()
    .optional()
    .describe(
      "question-answering: the text with the answer; multiple-choice: the text that choices follow, or are about",
    ),
  choice: z
    .array(z.string())
    .min(2)
    .optional()
    .describe("multiple-choice: a choice, beside context; given once for each")
    .register(optionMeta, { keepsCommas: true }),
  ...explainOptions.shape,
  ...taskModelOptions.shape,
});

/** `libbert explain` */
export function explainCommand(): Command {
  return schemaCommand("explain", commandOptions, run)
    .description(
      "show what each word of a text adds to the logit of what is predicted, or of another label; of vectors, to how alike they are; " +
        "on a terminal in colours " +
        "(green speaks for it, red against it), unless NO_COLOR is set",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert explain --model runs/first --text "a gripping film"\n' +
        '  libbert explain --model runs/first --text "a gripping film" --target negative --json\n' +
        '  libbert explain --model runs/choices --context "She sat down" --choice "to eat." --choice "the sky."\n' +
        '  libbert explain --model path/to/bert --text "a [MASK] film" --target good\n' +
        '  libbert explain --model path/to/all-MiniLM-L6-v2 --text "a gripping film" --compared-with "an exciting movie"',
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: name, text, textPair, question, context, choice, ...others } = options;
  const { target, word, mask, comparedWith, role, steps, ...load } = others;
  const input = inputOf({ text, textPair, question, context, choices: choice });
  // Vectors are compared of any encoder, which its files do not say.
  const task = load.task ?? (comparedWith === undefined ? undefined : "embedding");
  await using model = await loadFineTuned(name, { ...load, task, signal });
  const settings = { target, word, mask, comparedWith, role, steps };
  const found = await model.explain(input as Parameters<Model["explain"]>[0], { ...settings, signal });
  if (!found.isComplete)
    notice(`after ${found.steps} steps attributions are ${found.delta.toFixed(4)} off what they explain`);
  if (found.truncated) notice("the text was cut to what the model reads");
  if (json) return console.log(JSON.stringify(found));
  const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  console.log(explanationText(found, textsOf(input, found), isColoured));
}

type ExplainedInput =
  | string
  | [string, string]
  | { context: string; question: string }
  | { context: string; question?: string; choices: string[] };

interface GivenTexts {
  text?: string | undefined;
  textPair?: string | undefined;
  question?: string | undefined;
  context?: string | undefined;
  choices?: string[] | undefined;
}

/** The one input that the flags give. @throws ERR_OPTION unless they give one */
function inputOf({ text, textPair, question, context, choices }: GivenTexts): ExplainedInput {
  if (text !== undefined && question === undefined && context === undefined && choices === undefined)
    return textPair === undefined ? text : [text, textPair];
  if (context !== undefined && text === undefined && textPair === undefined) {
    if (choices !== undefined) return { context, ...(question !== undefined && { question }), choices };
    if (question !== undefined) return { question, context };
  }
  const message =
    "Expected either --text, for pairs with --text-pair, or --question with --context, or --context with two --choice or more";
  throw new LibbertError("ERR_OPTION", message, { option: "text" });
}

/** The texts that the model read, of several choices those of the one that is explained. */
function textsOf(input: ExplainedInput, { target }: Explanation): readonly string[] {
  if (typeof input === "string") return [input];
  if (Array.isArray(input)) return input;
  if (!("choices" in input)) return [input.question, input.context];
  const choice = input.choices[Number(target)]!;
  return [input.context, input.question === undefined ? choice : `${input.question} ${choice}`];
}
