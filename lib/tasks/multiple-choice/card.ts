import type { CardUse } from "../../card/card.js";
import { predicting, withClass } from "../../card/programs.js";

export const multipleChoiceCard: CardUse = {
  pipelineTag: "multiple-choice",
  does: "chooses which of several texts goes with a context",
  libbert: predicting(
    "multiple-choice",
    '{ context: "She opened the book", choices: ["and read.", "and flew away."] }',
  ),
  transformers: withClass(
    "AutoModelForMultipleChoice",
    `context, choices = "She opened the book", ["and read.", "and flew away."]
inputs = tokenizer([context] * len(choices), choices, padding=True, return_tensors="pt")
with torch.no_grad():
    logits = model(**{name: values.unsqueeze(0) for name, values in inputs.items()}).logits
print(choices[logits.argmax()])`,
  ),
};
