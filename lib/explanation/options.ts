import { z } from "zod";
import { expected } from "../errors.js";
import { optionMeta } from "../options/option.js";

/** How `explain()` looks for reasons; the descriptions are the command's help. */
export const explainOptions = z.strictObject({
  target: z
    .union([z.string(), z.int().min(0)], "a label, a token, or the index of a choice")
    .optional()
    .describe("the label to explain, the token at a mask, or the index of a choice")
    .register(optionMeta, { defaultText: "what is predicted" }),
  word: z
    .int()
    .min(0)
    .optional()
    .describe("with token-classification: the word whose tag to explain, from 0")
    .register(optionMeta, { defaultText: "the one that is most certainly an entity's" }),
  mask: z
    .int()
    .min(0)
    .optional()
    .describe("with masked-words: the mask whose token to explain, from 0")
    .register(optionMeta, { defaultText: "the first" }),
  comparedWith: z
    .string()
    .optional()
    .describe("with embedding: the text whose vector that of the input is compared with")
    .register(optionMeta, { defaultText: "none; embedding needs one" }),
  role: z
    .enum(["query", "document"])
    .optional()
    .describe(
      "with embedding: what the input is in a search, with the model's prompt for it; the other text is the other",
    )
    .register(optionMeta, { defaultText: "none: both texts get the model's default_prompt_name" }),
  steps: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("points on the way from padding to the text at which gradients are computed")
    .register(optionMeta, {
      unit: "steps",
      defaultText: "16, doubled up to 512 until attributions add up to what they explain",
    }),
});

/** The option of `fineTune()` of tasks about whole texts. */
export const explainMistakesOption = z
  .int()
  .min(0)
  .max(20)
  .default(0)
  .describe(
    "after training, explain so many of the worst mistakes, with 32 gradients each, for the report; long texts are left out",
  )
  .register(optionMeta, { decidesResult: false, unit: "rows" });

export type ExplainSettings = z.output<typeof explainOptions>;

/** Which of a model's numbers is explained. */
export type ExplainChoices = Omit<ExplainSettings, "steps">;
export type ExplainChoice = keyof ExplainChoices;

const WHY_NOT: Record<ExplainChoice, (task: string) => string> = {
  target: (task) => `a model for ${task} has one output alone`,
  word: (task) => `${task} gives words no tags`,
  mask: (task) => `${task} fills no masks`,
  comparedWith: (task) => `${task} compares no vectors`,
  role: (task) => `${task} compares no vectors`,
};

/** @throws LibbertError ERR_OPTION for an option that says nothing to a task */
export function refuseOtherTasksChoices(
  task: string,
  explainedBy: readonly ExplainChoice[],
  choices: ExplainChoices,
): void {
  for (const [name, value] of Object.entries(choices) as [ExplainChoice, unknown][]) {
    if (value === undefined || explainedBy.includes(name)) continue;
    throw expected(`no value, as ${WHY_NOT[name](task)},`, name, value);
  }
}
