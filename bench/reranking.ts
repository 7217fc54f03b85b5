/**
 * Trains a cross-encoder on questions of English XQuAD, each with its paragraph and others drawn from those of the same part, and ranks
 * those of held-out paragraphs before and after. See bench/README.md.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { fineTune, type RankingEvaluation } from "../lib/index.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    train: { type: "string", default: "160" },
    "held-out": { type: "string", default: "80" },
    negatives: { type: "string", default: "3" },
    epochs: { type: "string", default: "2" },
    loss: { type: "string", default: "binary-cross-entropy" },
    seed: { type: "string", default: "1" },
  },
});
const [train, heldOut, negatives] = [values.train, values["held-out"], values.negatives].map(Number);

interface Paragraph {
  context: string;
  qas: { question: string }[];
}

const squad: { data: { paragraphs: Paragraph[] }[] } = JSON.parse(
  readFileSync(join(values.data, "xquad/xquad.en.json"), "utf8"),
);
const paragraphs = squad.data.flatMap((article) => article.paragraphs);

/** Each question with its paragraph and some others. */
function rankings(some: readonly Paragraph[], seed: number) {
  const random = new CounterRandom(seed, 0);
  let next = 0;
  return some.flatMap(({ context, qas }) => {
    const others = some.filter((other) => other.context !== context);
    return qas.map(({ question }) => {
      const drawn = new Set<string>();
      while (drawn.size < negatives!)
        drawn.add(others[Math.floor(random.uniform(next++) * others.length)]!.context);
      return { query: question, positive: context, negatives: [...drawn] };
    });
  });
}

const rows = rankings(paragraphs.slice(0, train), 1);
const held = rankings(paragraphs.slice(train, train! + heldOut!), 2);
console.log(`${rows.length} questions to train on, ${held.length} held out`);

const started = performance.now();
const run = {
  task: "reranking",
  model: values.model,
  train: rows,
  validation: held,
  loadBest: false,
} as const;
const settings = {
  loss: values.loss as "list-net",
  seed: Number(values.seed),
  learningRate: 5e-5,
  batchSize: 16,
};
const untrained = await fineTune({ ...run, ...settings, limit: 1, epochs: 1, learningRate: 1e-12 });
print("before", untrained.training!.metrics!);
await untrained.dispose();
await using model = await fineTune({ ...run, ...settings, epochs: Number(values.epochs) });
print("after", model.training!.metrics!);
console.log(`${Math.round((performance.now() - started) / 1000)} s`);

function print(when: string, { mrrAt10, ndcgAt10, map }: RankingEvaluation): void {
  console.log(
    `${when}: MRR@10 ${mrrAt10!.toFixed(4)}, NDCG@10 ${ndcgAt10!.toFixed(4)}, MAP ${map!.toFixed(4)}`,
  );
}
