import type { CardUse } from "../../card/card.js";
import { predicting, withPipeline } from "../../card/programs.js";

export const classificationCard: CardUse = {
  pipelineTag: "text-classification",
  does: "gives a text, or a pair of texts, one of its labels",
  libbert: predicting("classification", '"a gripping film"'),
  transformers: withPipeline("text-classification", '"a gripping film"'),
};
