import type { CardUse } from "../card/card.js";
import { embedding, withClass } from "../card/programs.js";

/** Of an encoder without a task. @param isSentenceModel whether it has the files of sentence-transformers */
export function encoderCard(isSentenceModel: boolean): CardUse {
  return {
    pipelineTag: isSentenceModel ? "sentence-similarity" : "feature-extraction",
    does: isSentenceModel
      ? "gives a text a vector, by which texts are compared"
      : "gives a text's hidden states",
    libbert: embedding,
    transformers: withClass(
      "AutoModel",
      `with torch.no_grad():
    outputs = model(**tokenizer("a gripping film", return_tensors="pt"))
print(outputs.last_hidden_state)`,
    ),
  };
}
