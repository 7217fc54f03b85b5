// Routes customer support messages to one of eight intents: fine-tunes a small pre-trained BERT on 512 examples.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fineTune } from "../../lib/index.js";
import { cacheFolder } from "../../lib/runtime/paths.js";
import { obtainMiniLM } from "./pretrained-model.js";

const TRAIN = "examples/quickstart/train.tsv";
const TEST = "examples/quickstart/test.tsv";

const NEW_MESSAGES = [
  "hi, my parcel was meant to come on tuesday and nobody has rung the bell",
  "I sent the kettle back three weeks ago, where's my money?",
  "The screen flickers whenever I plug in the charger.",
  "Does the blue one fit a 15 inch laptop?",
  "I never want to be spoken to like that by one of your staff again",
  "It keeps telling me that my password is wrong and then locks me out",
];

const { values } = parseArgs({
  options: {
    model: { type: "string" }, // directory of the pre-trained BERT; default: all-MiniLM-L6-v2, fetched if need be
    "output-dir": { type: "string", default: "runs/quickstart" },
  },
});
const outputDir = values["output-dir"];
const log = (line: string) => console.error(line);

const pretrained = await obtainMiniLM({ model: values.model, cacheDir: cacheFolder(), log });

log(`Fine-tuning ${pretrained} on ${TRAIN}`);
const model = await fineTune({
  task: "classification",
  model: pretrained,
  train: TRAIN,
  outputDir,
  overwrite: true,
  epochs: 6,
  batchSize: 16,
  learningRate: 2e-4,
  maxSeqLength: 128,
  seed: 1,
  onProgress: (event) => {
    if (event.type === "step" && event.step % 32 === 0) {
      const { step, totalSteps, loss, sequencesPerSecond } = event;
      log(
        `  step ${step} of ${totalSteps}: loss ${loss.toFixed(3)}, ${sequencesPerSecond.toFixed(0)} messages/s`,
      );
    }
  },
});

// The test messages were not seen in training, nor used to choose among epochs.
const { accuracy } = await model.evaluate(TEST);
const rows = readFileSync(TEST, "utf8").trimEnd().split("\n").slice(1);
const examples = rows.map((row) => row.split("\t") as [text: string, label: string]);
const predictions = await model.predict(examples.map(([text]) => text));

console.log(`\nAccuracy on ${examples.length} held-out messages: ${(100 * accuracy).toFixed(1)} %`);
console.log("Mistakes by intent:");
for (const intent of [...new Set(examples.map(([, label]) => label))].sort()) {
  const ofIntent = examples.flatMap(([, label], index) => (label === intent ? [predictions[index]!] : []));
  const mistakes = ofIntent.filter(({ label }) => label !== intent).length;
  console.log(`  ${intent.padEnd(16)} ${mistakes} of ${ofIntent.length}`);
}

console.log("\nNew messages:");
for (const [index, { label, score }] of (await model.predict(NEW_MESSAGES)).entries()) {
  console.log(`  ${label.padEnd(16)} ${score.toFixed(2)}  ${NEW_MESSAGES[index]}`);
}
await model.dispose();

console.log(`\nThe model is in ${outputDir}. To use it:`);
console.log(`  npx libbert predict --model ${outputDir} --text "How do I get my money back?"`);
