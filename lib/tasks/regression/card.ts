import type { CardUse } from "../../card/card.js";
import { predicting, withPipeline } from "../../card/programs.js";

export const regressionCard: CardUse = {
  pipelineTag: "text-classification",
  does: "gives a text, or a pair of texts, a score",
  libbert: predicting("regression", '"a gripping film"'),
  transformers: withPipeline("text-classification", '"a gripping film"', ', function_to_apply="none"'),
};
