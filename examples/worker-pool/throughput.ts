// Classifies texts with a pool of models on worker threads and with one model, ends a worker in between, and compares.
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type ClassificationPrediction, loadModel } from "../../lib/index.js";
import { ModelPool } from "./pool.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "distilbert/distilbert-base-uncased-finetuned-sst-2-english" }, // or a folder
    texts: { type: "string", default: "examples/quickstart/train.tsv" }, // a text a line; what follows a tab is left out
    workers: { type: "string", default: String(availableParallelism()) },
    threads: { type: "string", default: "1" }, // of each worker; one model alone has those of all
    clients: { type: "string", default: "32" }, // who ask at the same time
  },
});
const [workers, threads, clients] = [values.workers, values.threads, values.clients].map(Number) as [
  number,
  number,
  number,
];
const lines = (await readFile(values.texts, "utf8")).trimEnd().split("\n");
const texts = lines.map((line) => line.split("\t", 1)[0]!);

type Predict = (texts: readonly string[]) => Promise<ClassificationPrediction[]>;

/** Labels of all texts, which so many clients ask for, four at a time. @param onAnswer is told how many texts are answered */
async function labelsBy(predict: Predict, onAnswer: (answered: number) => void = () => {}) {
  const labels: string[] = new Array(texts.length);
  let next = 0;
  let answered = 0;
  async function client(): Promise<void> {
    while (next < texts.length) {
      const first = next;
      next += 4;
      const predictions = await predict(texts.slice(first, first + 4));
      for (const [index, { label }] of predictions.entries()) labels[first + index] = label;
      answered += predictions.length;
      onAnswer(answered);
    }
  }
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const perSecond = texts.length / ((performance.now() - start) / 1000);
  return { labels, perSecond };
}

function show(what: string, { perSecond }: { perSecond: number }): void {
  console.log(`${what.padEnd(44)} ${perSecond.toFixed(0).padStart(6)} texts/s`);
}

const model = await loadModel(values.model, { task: "classification", threads: workers * threads });
const predictAlone: Predict = (some) => model.predict(some);
await labelsBy(predictAlone); // warms it up
const alone = await labelsBy(predictAlone);
show(`one model with ${workers * threads} threads`, alone);
await model.dispose();

await using pool = await ModelPool.open({ model: values.model, workers, threads });
const predictPooled: Predict = (some) => pool.predict(some);
await labelsBy(predictPooled);
show(`${workers} workers with ${threads} each`, await labelsBy(predictPooled));

let isEnded = false;
const interrupted = await labelsBy(predictPooled, (answered) => {
  if (isEnded || answered < texts.length / 3) return;
  isEnded = true;
  void pool.workers[0]!.terminate();
});
show("the same, and one worker is ended", interrupted);
const lost = texts.filter((_, index) => interrupted.labels[index] === undefined).length;
const others = texts.filter((_, index) => interrupted.labels[index] !== alone.labels[index]).length;
console.log(
  `${pool.replaced} worker replaced, ${lost} answers lost, ${others} other than those of one model`,
);
