import type { CardUse } from "../../card/card.js";
import { predicting, withClass } from "../../card/programs.js";

export const questionAnsweringCard: CardUse = {
  pipelineTag: "question-answering",
  does: "finds the answer to a question in a text",
  libbert: predicting(
    "question-answering",
    '{ question: "Where did Ada live?", context: "Ada lived in London." }',
  ),
  transformers: withClass(
    "AutoModelForQuestionAnswering",
    `inputs = tokenizer("Where did Ada live?", "Ada lived in London.", return_tensors="pt")
with torch.no_grad():
    outputs = model(**inputs)
start, end = outputs.start_logits.argmax(), outputs.end_logits.argmax()
print(tokenizer.decode(inputs["input_ids"][0, start : end + 1]))`,
  ),
};
