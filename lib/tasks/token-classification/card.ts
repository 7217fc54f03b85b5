import type { CardUse } from "../../card/card.js";
import { predicting, withPipeline } from "../../card/programs.js";

export const tokenClassificationCard: CardUse = {
  pipelineTag: "token-classification",
  does: "finds entities in a text",
  libbert: predicting("token-classification", '"Ada Lovelace lived in London."'),
  transformers: withPipeline(
    "token-classification",
    '"Ada Lovelace lived in London."',
    ', aggregation_strategy="simple"',
  ),
};
