import type { CardUse } from "./card.js";

type Program = CardUse["libbert"];

/** Predictions with libbert. @param input as TypeScript has it */
export function predicting(task: string, input: string): Program {
  return (name) => `import { loadModel } from "libbert";

const model = await loadModel(${name}, { task: "${task}" });
console.log(await model.predict([${input}]));
await model.dispose();`;
}

/** Sentence vectors with libbert. */
export const embedding: Program = (name) => `import { loadModel } from "libbert";

const model = await loadModel(${name});
console.log(await model.embed(["a gripping film"]));
await model.dispose();`;

/** Predictions with a pipeline of transformers. @param settings beside its model @param input as Python has it */
export function withPipeline(task: string, input: string, settings = ""): Program {
  return (name) => `from transformers import pipeline

predict = pipeline("${task}", model=${name}${settings})
print(predict(${input}))`;
}

/** What a class of transformers gives, where no pipeline is for it. @param statements that use `tokenizer` and `model` */
export function withClass(className: string, statements: string): Program {
  return (name) => `import torch
from transformers import ${className}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(${name})
model = ${className}.from_pretrained(${name})
${statements}`;
}
