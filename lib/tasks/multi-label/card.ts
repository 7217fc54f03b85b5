import type { CardUse } from "../../card/card.js";
import { predicting, withPipeline } from "../../card/programs.js";

export const multiLabelCard: CardUse = {
  pipelineTag: "text-classification",
  does: "gives a text, or a pair of texts, any number of its labels",
  libbert: predicting("multi-label", '"a gripping film"'),
  transformers: withPipeline("text-classification", '"a gripping film"', ", top_k=None"),
};
