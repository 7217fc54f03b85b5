// A BERT of one's own from files of text, in half an hour on two cores: vocabulary, corpus, pre-training. Then
// what that was worth: fine-tuned on SST-2 beside the same model from random initialisation, three seeds each.
//   node dist/examples/from-scratch.js --input "../shared/data/corpus/*.jsonl" --sst2 ../shared/data/sst2
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fineTune, type PretrainOptions, prepareCorpus, pretrain, trainVocabulary } from "../lib/index.js";

const { values } = parseArgs({
  options: {
    input: { type: "string", multiple: true, default: ["../shared/data/corpus/*.jsonl"] }, // text or JSON lines
    sst2: { type: "string" }, // directory with train.tsv and dev.tsv; default: pre-training alone
    "output-dir": { type: "string", default: "runs/from-scratch" },
    steps: { type: "string", default: "5000" },
  },
});
const { input } = values;
const folder = (name: string) => join(values["output-dir"], name);

await trainVocabulary({ input, size: 8000, outputDir: folder("tokenizer"), overwrite: true });
const corpus = await prepareCorpus({
  input,
  vocab: folder("tokenizer"),
  outputDir: folder("shards"),
  validationShare: 0.05, // of the documents, never trained on
  overwrite: true,
});
console.error(`${corpus.documents} documents, ${corpus.tokens} tokens`);

// Among few neighbours attention soon finds those that matter: sequences of 32 tokens leave the words' mere frequencies behind
// after some 700 updates, those of 128 alone not within 3,500. What a small model lacks is updates, hence small batches; more
// masked words teach more in the same time; no text is seen more than a few times, hence no dropout.
const steps = Number(values.steps);
const shortSteps = Math.ceil(0.3 * steps);
const phases: PretrainOptions["phases"] = [
  { steps: shortSteps, maxSeqLength: 32, batchSize: 64, schedule: "constant", warmupRatio: 0.3 },
  { steps: steps - shortSteps, maxSeqLength: 128, batchSize: 16, schedule: "linear", warmupRatio: 0.02 },
];
const recipe: PretrainOptions = {
  data: folder("shards"),
  size: "mini",
  dropout: 0,
  optimizer: "adamw",
  learningRate: 7e-4,
  maskRate: 0.4,
  outputDir: folder("pretrained"),
  overwrite: true,
};

const curve: Record<string, string | number>[] = [];
await pretrain({
  ...recipe,
  phases,
  evaluateEvery: Math.ceil(steps / 10),
  evaluationSequences: 2048, // all there are
  onProgress: (event) => {
    if (event.type === "step")
      console.error(
        `Step ${event.step}: words ${event.mlmLoss.toFixed(3)}, pairs ${event.nspLoss!.toFixed(3)}`,
      );
    if (event.type !== "evaluation") return;
    const { mlmAccuracy, nspAccuracy, randomPairShare, perplexity } = event.metrics;
    curve.push({
      step: event.step,
      mlmAccuracy: mlmAccuracy.toFixed(3),
      nspAccuracy: nspAccuracy!.toFixed(3),
      randomPairShare: randomPairShare!.toFixed(3), // what always saying "random" would have right
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
      limit: 24_000, // of 67,349
      learningRate: 2e-4,
      seeds: [1, 2, 3],
    });
    const { mean, deviation } = model.training!.seeds!.spread.accuracy!;
    console.log(`SST-2 from ${start} weights: accuracy ${mean.toFixed(3)} ± ${deviation!.toFixed(3)}`);
  }
}
