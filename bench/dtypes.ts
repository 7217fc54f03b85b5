/**
 * What bfloat16 or int8 changes in a model's answers: a classifier and a regression, trained on SST-2, predict its development
 * sentences in float32 and in that type, and an encoder makes vectors of them. See bench/README.md.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fineTune, type LoadedModel, loadModel } from "../lib/index.js";
import { spearman } from "../lib/metrics/correlation.js";
import { type LabelledText, readSentences } from "./labelled-texts.js";
import { median } from "./median.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    dtype: { type: "string", default: "bfloat16" },
    limit: { type: "string", default: "4000" },
    repeats: { type: "string", default: "3" },
  },
});

const other = options.dtype as "bfloat16" | "int8";
type DType = "float32" | typeof other;

const ALONE = 200; // sentences that are also predicted one by one
const COMPARED = 300; // sentences whose vectors are compared, each with each

interface Run {
  /** A score, or the probability of label 1, for each sentence. */
  numbers: number[];
  /** How far the first sentences' numbers are from what they get alone in a batch. */
  neighbours: number;
  sentencesPerSecond: number;
}

const train = join(options.data, "sst2/train.tsv");
const labelled = await readSentences(join(options.data, "sst2/dev.tsv"), 872);
const sentences = labelled.map(({ text }) => text);

await inTemporaryFolder(async (folder) => {
  for (const task of ["classification", "regression"] as const) {
    const directory = join(folder, task);
    const common = { model: options.model, train, outputDir: directory, epochs: 1, batchSize: 32, seed: 1 };
    await using _ = await fineTune({ task, ...common, limit: Number(options.limit) });
    console.log(`${task}: ${compared(await inTurn((dtype) => predicted(directory, dtype)))}`);
  }
});
console.log(`embeddings: ${await comparedVectors()}`);

/** Both types in turn; of the repeats, whose numbers are the same, the median speed. */
async function inTurn(run: (dtype: DType) => Promise<Run>): Promise<Record<"float32" | "other", Run>> {
  const runs: Record<"float32" | "other", Run[]> = { float32: [], other: [] };
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    runs.float32.push(await run("float32"));
    runs.other.push(await run(other));
  }
  const middle = (own: Run[]) => ({
    ...own[0]!,
    sentencesPerSecond: median(own.map(({ sentencesPerSecond }) => sentencesPerSecond)),
  });
  return { float32: middle(runs.float32), other: middle(runs.other) };
}

async function predicted(directory: string, dtype: DType): Promise<Run> {
  await using model = await loadModel(directory, { dtype });
  await model.features(sentences.slice(0, 64)); // memory and kernels are made ready
  const start = performance.now();
  const numbers = await numbersOf(model, sentences);
  const seconds = (performance.now() - start) / 1000;
  let neighbours = 0;
  for (const [index, sentence] of sentences.slice(0, ALONE).entries()) {
    const [alone] = await numbersOf(model, [sentence]);
    neighbours = Math.max(neighbours, Math.abs(alone! - numbers[index]!));
  }
  return { numbers, neighbours, sentencesPerSecond: sentences.length / seconds };
}

async function numbersOf(model: LoadedModel, texts: string[]): Promise<number[]> {
  if (model.task === "classification") {
    const answers = await model.predict(texts);
    return answers.map(({ scores }) => scores["1"]!);
  }
  if (model.task === "regression") {
    const answers = await model.predict(texts);
    return answers.map(({ score }) => score);
  }
  throw new Error(`No numbers for ${model.task}`);
}

function compared({ float32, other: own }: Record<"float32" | "other", Run>): string {
  const differences = float32.numbers.map((number, index) => Math.abs(number - own.numbers[index]!));
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  const distinct = ({ numbers }: Run) => new Set(numbers.slice(0, COMPARED)).size;
  const [exact, rounded] = [float32, own].map(({ numbers }) => accuracy(numbers, labelled).toFixed(4));
  return [
    `${exact} of the sentences on the right side of 0.5 in float32, ${rounded} in ${other}`,
    `of ${COMPARED} sentences ${distinct(float32)} different numbers in float32, ${distinct(own)} in ${other}`,
    `they differ by ${mean.toFixed(5)} on average, ${Math.max(...differences).toFixed(5)} at most`,
    `neighbours move them by ${float32.neighbours.toExponential(1)} at most, ${own.neighbours.toExponential(1)} in ${other}`,
    `${float32.sentencesPerSecond.toFixed(0)} and ${own.sentencesPerSecond.toFixed(0)} sentences/s`,
  ].join("; ");
}

/** The share of sentences whose number is on their label's side of 0.5. */
function accuracy(numbers: readonly number[], rows: readonly LabelledText[]): number {
  const right = numbers.filter((number, index) => number > 0.5 === (rows[index]!.label === "1"));
  return right.length / numbers.length;
}

async function comparedVectors(): Promise<string> {
  const [exact, own] = [await vectorsIn("float32"), await vectorsIn(other)];
  const cosines = exact.map((vector, index) => dot(vector, own[index]!));
  const [similarities, ownSimilarities] = [similaritiesOf(exact), similaritiesOf(own)];
  return [
    `the similarities of ${COMPARED} sentences in ${other} have a Spearman correlation of ` +
      `${spearman(similarities, ownSimilarities)!.toFixed(4)} with those in float32`,
    `a vector's cosine with its own in float32 is ${Math.min(...cosines).toFixed(4)} at least`,
  ].join("; ");
}

async function vectorsIn(dtype: DType): Promise<Float32Array[]> {
  await using model = await loadModel(options.model, { task: "features", dtype });
  return await model.embed(sentences.slice(0, COMPARED)); // of length 1
}

/** Of each vector with each that comes before it. */
function similaritiesOf(vectors: readonly Float32Array[]): number[] {
  return vectors.flatMap((vector, index) => vectors.slice(0, index).map((earlier) => dot(vector, earlier)));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
