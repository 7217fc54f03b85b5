import type { Command } from "commander";
import { LibbertError } from "../errors.js";
import { loadModel } from "../session/model.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";
import { answerPredictions } from "./answer-predictions.js";
import { labelPredictions } from "./label-predictions.js";
import { writeOutput } from "./output.js";
import { type PredictOptions, predictOptions, type TaskPredictions } from "./predict-options.js";
import { type RunContext, schemaCommand } from "./schema-options.js";

const PREDICTIONS: Record<TaskName, (options: PredictOptions, json: boolean) => TaskPredictions> = {
  classification: labelPredictions,
  "question-answering": answerPredictions,
};

/** `libbert predict` */
export function predictCommand(): Command {
  return schemaCommand("predict", predictOptions, run)
    .description(
      "classify texts, or answer questions; a line for each of them: label or answer, score, text, or with --json an " +
        "object with all scores",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert predict --model runs/first --text "a gripping film"\n' +
        "  libbert predict --model runs/first --input reviews.csv --text-column body --json --output scores.jsonl\n" +
        '  libbert predict --model runs/answers --question "Who?" --context "Ada wrote it."\n' +
        "  libbert predict --model runs/answers --input dev-v2.0.json --output predictions.json",
    );
}

async function run(options: PredictOptions, { json, signal }: RunContext): Promise<void> {
  const { model: directory, output, task, device, dtype } = options;
  checkSource(options);
  let rows = 0;
  await writeOutput(output, async (write) => {
    await using model = await loadModel(directory, { task, device, dtype });
    const asJson = json || output?.endsWith(".jsonl") === true;
    const { inputs, settings, write: lineOf, frame } = PREDICTIONS[model.task](options, asJson);
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

function checkSource({ text, question, input }: PredictOptions): void {
  const given = [text, question, input].filter((source) => source !== undefined).length;
  if (given !== 1) throw new LibbertError("ERR_OPTION", "Expected one of --text, --question and --input");
}
