/**
 * Tells good film reviews from bad ones by their first 128 tokens, and by all of them in windows: with a classifier that is trained, and
 * with a logistic regression of the vectors of embed(). See bench/README.md.
 */
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { readRows } from "../lib/data/readers/rows.js";
import { fineTune, loadModel } from "../lib/index.js";
import { spread } from "../lib/metrics/spread.js";
import { logisticRegression } from "../lib/tasks/classification/contrastive/logistic-regression.js";
import { describeProcessor, suitingDType } from "./processor.js";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/corpus/reviews.jsonl" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    train: { type: "string", default: "160" },
    test: { type: "string", default: "200" },
    seeds: { type: "string", default: "1,2" },
    programs: { type: "string", default: "trained,embed" },
    epochs: { type: "string", default: "4" },
    dtype: { type: "string", default: suitingDType() },
  },
});

/** Tokens that a model reads at once. */
const WINDOW = 128;
const dtype = values.dtype as "float32";
const [trainRows, testRows] = [Number(values.train), Number(values.test)];

type Review = { text: string; label: string };

interface Split {
  train: Review[];
  test: Review[];
}

/** Reviews are named after what they say: `neg/cv000_29416`. */
async function readReviews(path: string): Promise<Review[]> {
  const reviews: Review[] = [];
  for await (const rows of readRows(path))
    for (const { fields } of rows)
      reviews.push({ text: String(fields.text), label: String(fields.id).split("/")[0]! });
  return reviews;
}

/** Other rows with each seed. */
function drawn(reviews: readonly Review[], seed: number): Split {
  const order = Int32Array.from(reviews.keys());
  new CounterRandom(seed, 0).shuffle(order);
  const some = Array.from(order.subarray(0, trainRows + testRows), (index) => reviews[index]!);
  return { train: some.slice(0, trainRows), test: some.slice(trainRows) };
}

const WINDOWED = { longTexts: "mean", docStride: 0 } as const;
const READINGS = { cut: {}, windows: WINDOWED };

async function trained({ train, test }: Split, reading: object, seed: number): Promise<number> {
  await using model = await fineTune({
    task: "classification",
    ...{ model: values.model, train, dtype, seed, ...reading },
    ...{ maxSeqLength: WINDOW, batchSize: 16, learningRate: 2e-4, epochs: Number(values.epochs) },
  });
  return (await model.evaluate(test)).accuracy;
}

/** Of the vectors of the model as it is. */
async function regressed({ train, test }: Split, reading: object): Promise<number> {
  await using model = await loadModel(values.model, { dtype });
  const vectorsOf = (rows: Review[]) =>
    model.embed(
      rows.map(({ text }) => text),
      reading,
    );
  const classOf = ({ label }: Review) => Number(label === "pos");
  const points = { vectors: await vectorsOf(train), classes: train.map(classOf), classCount: 2 };
  const { weights, biases } = await logisticRegression(points);
  const logitOf = (vector: Float32Array, id: number) =>
    vector.reduce((sum, value, at) => sum + value * weights[id * vector.length + at]!, biases[id]!);
  const vectors = await vectorsOf(test);
  const right = test.filter((row, index) => {
    const [bad, good] = [0, 1].map((id) => logitOf(vectors[index]!, id));
    return good! > bad! === (classOf(row) === 1);
  });
  return right.length / test.length;
}

const PROGRAMS: Record<string, (split: Split, reading: object, seed: number) => Promise<number>> = {
  trained,
  embed: regressed,
};

console.log(
  `${describeProcessor()}, ${dtype}; ${trainRows} reviews to train on, ${testRows} others to test, seeds ${values.seeds}`,
);
const reviews = await readReviews(values.data);
for (const program of values.programs.split(",")) {
  for (const [name, reading] of Object.entries(READINGS)) {
    const start = performance.now();
    const accuracies: number[] = [];
    for (const seed of values.seeds.split(",").map(Number))
      accuracies.push(await PROGRAMS[program]!(drawn(reviews, seed), reading, seed));
    const { mean, deviation } = spread(accuracies);
    const seconds = (performance.now() - start) / 1000 / accuracies.length;
    const accuracy = `${mean.toFixed(3)}${deviation === null ? "" : ` ± ${deviation.toFixed(3)}`}`;
    const each = accuracies.map((own) => own.toFixed(3)).join(", ");
    console.log(`| ${program}, ${name} | ${accuracy} | ${each} | ${seconds.toFixed(0)} s |`);
  }
}
