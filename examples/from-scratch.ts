// A BERT of one's own from a folder of text, in less than half an hour on two cores: vocabulary, corpus, pre-training. Then
// what that was worth: fine-tuned on SST-2 beside the same model from random initialisation, three seeds each.
//   node dist/examples/from-scratch.js --corpus ../shared/data/corpus --sst2 ../shared/data/sst2
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fineTune, type PretrainOptions, prepareCorpus, pretrain, trainVocabulary } from "../lib/index.js";

const { values } = parseArgs({
  options: {
    corpus: { type: "string", default: "../shared/data/corpus" }, // .txt and .jsonl files
    sst2: { type: "string" }, // directory with train.tsv and dev.tsv; default: pre-training alone
    "output-dir": { type: "string", default: "runs/from-scratch" },
    steps: { type: "string", default: "5000" },
  },
});
const folder = (name: string) => join(values["output-dir"], name);
const input = [join(values.corpus, "*.txt"), join(values.corpus, "*.jsonl")];

await trainVocabulary({ input, size: 8000, outputDir: folder("tokenizer"), overwrite: true });
const corpus = await prepareCorpus({
  input,
  vocab: folder("tokenizer"),
  outputDir: folder("shards"),
  validationShare: 0.05, // of the documents, never trained on
  overwrite: true,
});
console.error(`${corpus.documents} documents, ${corpus.tokens} tokens`);

// Among few neighbours attention soon finds those that matter: short sequences first (as the paper does it, at another scale)
// leave the words' mere frequencies behind after a fifth of the updates, sequences of 128 alone after half of them. No text
// is seen often, hence no dropout; more masked words teach more in the same time; batches are small because what a small
// model lacks is updates. Next sentence is learned at 128 tokens, and not at rates much higher than this one.
const recipe: PretrainOptions = {
  data: folder("shards"),
  size: "mini",
  dropout: 0,
  optimizer: "adamw",
  maskRate: 0.4,
  outputDir: folder("pretrained"),
  overwrite: true,
};
const steps = Number(values.steps);
const phases: PretrainOptions["phases"] = [
  {
    ...{ steps: Math.ceil(0.4 * steps), maxSeqLength: 32, batchSize: 64 },
    ...{ learningRate: 7e-4, warmupRatio: 0.2, schedule: "constant" },
  },
  {
    ...{ steps: Math.floor(0.6 * steps), maxSeqLength: 128, batchSize: 16 },
    ...{ learningRate: 5e-4, warmupRatio: 0.02, schedule: "linear" },
  },
];

const curve: Record<string, string | number>[] = [];
await pretrain({
  ...recipe,
  phases,
  evaluateEvery: Math.ceil(steps / 10),
  evaluationSequences: 512,
  onProgress: (event) => {
    if (event.type === "log")
      console.error(
        `Step ${event.step}: words ${event.mlmLoss.toFixed(3)}, pairs ${event.nspLoss!.toFixed(3)}`,
      );
    if (event.type !== "evaluation") return;
    const { mlmAccuracy, nspAccuracy, perplexity } = event.metrics;
    curve.push({
      step: event.step,
      mlmAccuracy: mlmAccuracy.toFixed(3),
      nspAccuracy: nspAccuracy!.toFixed(3),
      perplexity: perplexity.toFixed(0),
    });
  },
});
console.log("Held-out documents:");
console.table(curve);

if (values.sst2 !== undefined) {
  // The first update of a warm-up has the learning rate 0: what it leaves is the initialisation.
  await pretrain({ ...recipe, steps: 1, batchSize: 16, warmupRatio: 1, outputDir: folder("random") });
  for (const start of ["pretrained", "random"]) {
    await using model = await fineTune({
      task: "classification",
      model: folder(start),
      train: join(values.sst2, "train.tsv"),
      validation: join(values.sst2, "dev.tsv"),
      limit: 6000, // the fewer rows, the more pre-training is worth
      learningRate: 2e-4,
      seeds: [1, 2, 3],
    });
    const { mean, deviation } = model.training!.seeds!.spread.accuracy!;
    console.log(`SST-2 from ${start} weights: accuracy ${mean.toFixed(3)} ± ${deviation!.toFixed(3)}`);
  }
}
