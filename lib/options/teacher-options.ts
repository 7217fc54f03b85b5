import { z } from "zod";
import { MODEL } from "./hub-options.js";
import { optionMeta } from "./option.js";
import { pathField } from "./path-option.js";

/** A model whose answers a run learns. What it answers, and what is learnt of that, is the task's own. */
export const teacherOption = pathField()
  .optional()
  .describe(`${MODEL}: a teacher, whose answers are learnt; rows need no labels then`)
  .register(optionMeta, { defaultText: "the rows say what is right", isPath: true });

/** How much the labels count beside the teacher, where rows have some. */
export const teacherWeightOption = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe("with teacher: share of its answers in the loss; the labels have the rest")
  .register(optionMeta, { defaultText: "0.5, and 1 where no row has a label", sameOnAllRanks: false });

/** How sure the teacher's answers are to be. */
export const teacherTemperatureOption = z
  .number()
  .positive()
  .optional()
  .describe(
    "with teacher: both models' logits are divided by it, so that answers that are not the first count, too",
  )
  .register(optionMeta, { defaultText: "2", sameOnAllRanks: false });
