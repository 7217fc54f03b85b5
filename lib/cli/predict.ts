import type { Command } from "commander";
import { LibbertError } from "../errors.js";
import { loadModel } from "../session/model.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";
import { entityPredictions } from "./entity-predictions.js";
import { labelPredictions } from "./label-predictions.js";
import { writeOutput } from "./output.js";
import { type PredictOptions, predictOptions, type TaskPredictions } from "./predict-options.js";
import { type RunContext, schemaCommand } from "./schema-options.js";

const PREDICTIONS: Record<TaskName, (options: PredictOptions, json: boolean) => TaskPredictions> = {
  classification: labelPredictions,
  "token-classification": entityPredictions,
};

/** `libbert predict` */
export function predictCommand(): Command {
  return schemaCommand("predict", predictOptions, run)
    .description(
      "classify texts, or find the entities in them; a line for each text (label, score, text) or entity (number of " +
        "the text, label, score, start, end, entity), or with --json an object for each text",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert predict --model runs/first --text "a gripping film"\n' +
        "  libbert predict --model runs/first --input reviews.csv --text-column body --json --output scores.jsonl\n" +
        '  libbert predict --model runs/entities --text "Anna moved to Paris"',
    );
}

async function run(options: PredictOptions, { json, signal }: RunContext): Promise<void> {
  const { model: directory, output, device, dtype } = options;
  checkSource(options);
  const asJson = json || output?.endsWith(".jsonl") === true;
  let rows = 0;
  await writeOutput(output, async (write) => {
    await using model = await loadModel(directory, { device, dtype });
    const { inputs, write: lineOf } = PREDICTIONS[model.task](options, asJson);
    for await (const chunk of inputs) {
      const predictions = await model.predict(chunk as never, { signal });
      const lines = predictions.map((prediction, row) => lineOf(chunk[row] as never, prediction as never));
      await write(lines.join(""));
      rows += chunk.length;
    }
  });
  if (output === undefined) return;
  console.error(`${rows} predictions written to ${output}`);
  if (json) console.log(JSON.stringify({ rows, output }));
}

function checkSource({ text, input }: PredictOptions): void {
  if ((text === undefined) !== (input === undefined)) return;
  throw new LibbertError("ERR_OPTION", "Expected either --text or --input: the texts to read");
}
