// From fine-tuning to a page: routes customer support messages to one of eight intents, in the browser.
import { parseArgs } from "node:util";
import { fineTune } from "../../lib/index.js";
import { servePage } from "./serve.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "sentence-transformers/all-MiniLM-L6-v2" },
    train: { type: "string", default: "examples/quickstart/train.tsv" },
    "export-dir": { type: "string", default: "runs/browser" },
    port: { type: "string", default: "8080" },
  },
});

const model = await fineTune({
  task: "classification",
  model: values.model,
  train: values.train,
  epochs: 6,
  batchSize: 16,
  learningRate: 2e-4,
  onProgress: (event) => {
    if (event.type === "step" && event.step % 32 === 0)
      console.error(`step ${event.step} of ${event.totalSteps}`);
  },
});
await model.exportOnnx(values["export-dir"], { dtype: "q8", overwrite: true });
await model.dispose();

await servePage(values["export-dir"], Number(values.port));
console.log(`http://localhost:${values.port}/`);
