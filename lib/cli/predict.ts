import type { Command } from "commander";
import { LibbertError } from "../errors.js";
import { loadModel } from "../session/model.js";
import type { ModelKind, TaskName } from "../tasks/fine-tuning/task-names.js";
import { answerPredictions } from "./answer-predictions.js";
import { choicePredictions } from "./choice-predictions.js";
import { entityPredictions } from "./entity-predictions.js";
import { labelPredictions, labelSetPredictions, scorePredictions } from "./label-predictions.js";
import { maskPredictions } from "./mask-predictions.js";
import { writeOutput } from "./output.js";
import {
  checkPredictOptions,
  type PredictOptions,
  predictOptions,
  type TaskPredictions,
} from "./predict-options.js";
import { type RunContext, schemaCommand } from "./schema-options.js";

const PREDICTIONS: Record<TaskName, (options: PredictOptions, json: boolean) => TaskPredictions> = {
  classification: labelPredictions,
  "multi-label": labelSetPredictions,
  regression: scorePredictions,
  "token-classification": entityPredictions,
  "question-answering": answerPredictions,
  "multiple-choice": choicePredictions,
  "masked-words": maskPredictions,
};

/** `libbert predict` */
export function predictCommand(): Command {
  return schemaCommand("predict", predictOptions, run)
    .description(
      "classify or score texts, find entities, answer questions, choose, or fill masks; a line for each input, or for " +
        "each entity (number of the input, label, score, start, end, text), with --json an object with all scores",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert predict --model runs/first --text "a gripping film"\n' +
        "  libbert predict --model runs/first --input reviews.csv --text-column body --json --output scores.jsonl\n" +
        '  libbert predict --model runs/entities --text "Anna moved to Paris"\n' +
        '  libbert predict --model runs/answers --question "Who?" --context "Ada wrote it."\n' +
        "  libbert predict --model runs/answers --input dev-v2.0.json --output predictions.json\n" +
        "  libbert predict --model runs/swag --input test.csv",
    );
}

async function run(options: PredictOptions, { json, signal }: RunContext): Promise<void> {
  const { model: directory, output, task, device, dtype } = options;
  let rows = 0;
  await writeOutput(output, async (write) => {
    await using model = await loadModel(directory, { task, device, dtype });
    const kind = taskOf(model.task);
    checkPredictOptions(options, kind);
    const asJson = json || output?.endsWith(".jsonl") === true;
    const { inputs, settings, write: lineOf, frame } = PREDICTIONS[kind](options, asJson);
    if (frame) await write(frame[0]);
    for await (const chunk of inputs) {
      const predictions = await model.predict(chunk as never, { ...settings, signal });
      const lines = predictions.map((prediction, row) => lineOf(chunk[row] as never, prediction as never));
      await write(lines.join(""));
      rows += chunk.length;
    }
    if (frame) await write(frame[1]);
  });
  if (output === undefined) return;
  console.error(`${rows} predictions written to ${output}`);
  if (json) console.log(JSON.stringify({ rows, output }));
}

function taskOf(kind: ModelKind): TaskName {
  if (kind !== "features") return kind;
  throw new LibbertError(
    "ERR_OPTION",
    "Expected a fine-tuned model but this is an encoder alone, for libbert features and libbert embed",
  );
}
