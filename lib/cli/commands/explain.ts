import type { Command } from "commander";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { explainOptions } from "../../explanation/options.js";
import { explanationText } from "../../explanation/text.js";
import { MODEL } from "../../options/hub-options.js";
import { pathField } from "../../options/path-option.js";
import { taskModelOptions } from "../../session/load-options.js";
import type { Model } from "../../session/model.js";
import { loadFineTuned } from "../load-fine-tuned.js";
import { notice } from "../notice.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandOptions = z.strictObject({
  model: pathField().describe(`${MODEL}, fine-tuned`),
  text: z.string().optional().describe("the text to explain"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  question: z.string().optional().describe("question-answering: the question, beside context"),
  context: z.string().optional().describe("question-answering: the text with the answer"),
  ...explainOptions.shape,
  ...taskModelOptions.shape,
});

/** `libbert explain` */
export function explainCommand(): Command {
  return schemaCommand("explain", commandOptions, run)
    .description(
      "show what each word of a text adds to the logit of what is predicted, or of another label; on a terminal in colours " +
        "(green speaks for it, red against it), unless NO_COLOR is set",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert explain --model runs/first --text "a gripping film"\n' +
        '  libbert explain --model runs/first --text "a gripping film" --target negative --json',
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: name, text, textPair, question, context, target, word, steps, ...load } = options;
  const input = inputOf({ text, textPair, question, context });
  await using model = await loadFineTuned(name, { ...load, signal });
  const found = await model.explain(input as Parameters<Model["explain"]>[0], {
    target,
    word,
    steps,
    signal,
  });
  if (!found.isComplete)
    notice(`after ${found.steps} steps attributions are ${found.delta.toFixed(4)} off what they explain`);
  if (found.truncated) notice("the text was cut to what the model reads");
  if (json) return console.log(JSON.stringify(found));
  const texts = [text ?? question!, ...((textPair ?? context) ? [(textPair ?? context)!] : [])];
  const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  console.log(explanationText(found, texts, isColoured));
}

/** The one input that the flags give. @throws ERR_OPTION unless they give one */
function inputOf({ text, textPair, question, context }: Record<string, string | undefined>): unknown {
  if (text !== undefined && question === undefined && context === undefined)
    return textPair === undefined ? text : [text, textPair];
  if (question !== undefined && context !== undefined && text === undefined && textPair === undefined)
    return { question, context };
  const message = "Expected either --text, for pairs with --text-pair, or --question with --context";
  throw new LibbertError("ERR_OPTION", message, { option: "text" });
}
