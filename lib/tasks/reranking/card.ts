import type { CardUse } from "../../card/card.js";
import { predicting, withClass } from "../../card/programs.js";

export const rerankingCard: CardUse = {
  pipelineTag: "text-ranking",
  does: "says how well a document answers a query",
  libbert: predicting("reranking", '["who wrote it?", "Ada wrote it."]'),
  transformers: withClass(
    "AutoModelForSequenceClassification",
    `inputs = tokenizer("who wrote it?", "Ada wrote it.", return_tensors="pt")
with torch.no_grad():
    print(model(**inputs).logits)  # the more, the better`,
  ),
};
