import { z } from "zod";
import { expected } from "../../../errors.js";
import { defaultOf, descriptionOf, metaOf, optionMeta } from "../../../options/option.js";
import { type ChoiceSettings, choiceOptions } from "../../../retrieval/mining-options.js";

/** A choice of `mineNegatives()` as an option of a training, where it has a meaning beside `numNegatives` alone. */
function choiceOption<Inner extends z.ZodType>(field: z.ZodType & { unwrap(): Inner }): z.ZodOptional<Inner> {
  const option = field
    .unwrap()
    .optional()
    .describe(`with numNegatives: ${descriptionOf(field)}`);
  const byDefault = defaultOf(field);
  const registered: z.ZodType = option; // of the generic type itself, zod cannot tell what it may say
  registered.register(optionMeta, {
    ...metaOf(field),
    ...(byDefault !== undefined && { defaultText: `\`${JSON.stringify(byDefault)}\`` }),
  });
  return option;
}

/** By what the negatives of each epoch are mined; without `numNegatives` none are. */
export const miningOptions = {
  numNegatives: z
    .int()
    .positive()
    .optional()
    .describe("negatives of each anchor, mined anew before each epoch by the vectors as they are then")
    .register(optionMeta, { defaultText: "none are mined" }),
  samplingStrategy: choiceOption(choiceOptions.samplingStrategy),
  rangeMin: choiceOption(choiceOptions.rangeMin),
  rangeMax: choiceOption(choiceOptions.rangeMax),
  maxScore: choiceOption(choiceOptions.maxScore),
  minScore: choiceOption(choiceOptions.minScore),
  absoluteMargin: choiceOption(choiceOptions.absoluteMargin),
  relativeMargin: choiceOption(choiceOptions.relativeMargin),
};

type MiningOptions = z.output<z.ZodObject<typeof miningOptions>>;

const choiceSchema = z.object(choiceOptions).omit({ seed: true });

/** How negatives are chosen, but for the seed: that is the run's. */
export function choicesOf(options: MiningOptions): Omit<ChoiceSettings, "seed"> {
  return choiceSchema.parse(options);
}

/** @throws LibbertError ERR_OPTION for a choice among negatives that are not mined */
export function refuseChoices({ numNegatives, ...choices }: MiningOptions): void {
  if (numNegatives !== undefined) return;
  const names = Object.keys(miningOptions) as (keyof typeof choices)[];
  const given = names.find((name) => choices[name] !== undefined);
  if (given) throw expected("no value without numNegatives, which mines them,", given, choices[given]);
}
