/**
 * Exports a classifier to ONNX in every type, and prints a table: the size of each file, and its accuracy on labelled sentences in
 * transformers.js beside libbert's in float32.
 */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { env, pipeline } from "@huggingface/transformers";
import { loadModel } from "../lib/index.js";
import { EXPORT_DTYPES, type ExportDType } from "../lib/onnx/options.js";
import { type LabelledText, readSentences } from "./labelled-texts.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "runs/sst2" },
    data: { type: "string", default: "../shared/data/sst2/dev.tsv" },
    rows: { type: "string", default: "872" },
  },
});

const BATCH = 32;

env.allowRemoteModels = false;
env.localModelPath = "/";

const rows = await readSentences(options.data, Number(options.rows));
const texts = rows.map(({ text }) => text);

await using model = await loadModel(resolve(options.model), { task: "classification", dtype: "float32" });
const own = (await model.predict(texts)).map(({ label }) => label);

await inTemporaryFolder(async (folder) => {
  const directory = join(folder, "export");
  const { files } = await model.exportOnnx(directory, { dtype: EXPORT_DTYPES });
  console.log("| | MB | accuracy | labels that are not libbert's |\n|---|---|---|---|");
  console.log(`| libbert, float32 | | ${accuracy(own, rows)} | |`);
  for (const [index, dtype] of EXPORT_DTYPES.entries()) {
    const megabytes = (statSync(join(directory, files[index]!)).size / 1e6).toFixed(1);
    const labels = await labelsOf(directory, dtype);
    const others = labels.filter((label, row) => label !== own[row]).length;
    console.log(`| ${dtype} | ${megabytes} | ${accuracy(labels, rows)} | ${others} |`);
  }
});

async function labelsOf(directory: string, dtype: ExportDType): Promise<string[]> {
  const classify = await pipeline("text-classification", directory, { dtype });
  const labels: string[] = [];
  for (let start = 0; start < texts.length; start += BATCH) {
    const scored = await classify(texts.slice(start, start + BATCH));
    labels.push(...(scored as { label: string }[]).map(({ label }) => label));
  }
  await classify.dispose();
  return labels;
}

function accuracy(labels: readonly string[], right: readonly LabelledText[]): string {
  const count = labels.filter((label, row) => label === right[row]!.label).length;
  return (count / right.length).toFixed(4);
}
