import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { FineTuneOptionsByTask } from "../../lib/index.js";
import { nearestName, parseOptions } from "../../lib/options/parse-options.js";
import { memberFor } from "../../lib/options/schema.js";
import { fineTuneCall as schema } from "../../lib/session/fine-tune.js";
import { TASK_NAMES, type TaskName } from "../../lib/tasks/find-spec.js";

const required = { task: "classification", model: "dir", train: "train.tsv" };

function refusal(options: unknown): string {
  try {
    parseOptions(schema, options);
  } catch (error) {
    assert.equal((error as { code: string }).code, "ERR_OPTION");
    return (error as Error).message;
  }
  return "accepted";
}

test("defaults are filled in", () => {
  assert.deepEqual(parseOptions(schema, required), {
    ...required,
    overwrite: false,
    resume: false,
    changeSchedule: false,
    snapshotMinutes: 10,
    keepSnapshots: 2,
    gradientCheckpointing: false,
    calibrate: false,
    learningRate: 5e-5,
    schedule: "linear",
    warmupRatio: 0.1,
    optimizer: "adamw",
    layerDecay: 1,
    weightDecay: 0.01,
    maxGradNorm: 1,
    groupByLength: false,
    encoder: "fine-tuned",
    explainMistakes: 0,
    device: "auto",
    dtype: "auto",
    deterministic: false,
    shardOptimizer: false,
    reduceDtype: "float32",
    rankTimeout: 300,
    labelSmoothing: 0,
    balancedSampling: false,
    method: "cross-entropy",
  });
});

const ANY_TASK = TASK_NAMES.map((name) => `"${name}"`).join(" or ");

/** Values that no option of the kind takes, and what the error says is expected. */
const rejected = {
  string: { 5: "a string", null: "a string", '""': "a text that is not empty" },
  source: { 5: /path.*iterable/, null: /path.*iterable/, '""': /path.*iterable/, "{}": /path.*iterable/ },
  boolean: { '"yes"': "a boolean", 1: "a boolean", null: "a boolean" },
  labels: {
    '"a"': "an array",
    "[]": /^at least [12] elements?$/,

    '["a","a"]': 'distinct labels ("a" comes twice)',
    '["a"," a"]': 'distinct labels ("a" comes twice)',
  },
  columns: { '"text"': "an object", "[]": "an object" },
  positive: {
    0: "a value above 0",
    "-1": "a value above 0",
    '"5"': "a finite number",
    null: "a finite number",
  },
  count: {
    0: "a value above 0",
    "-1": "a value above 0",
    1.5: "an integer",
    '"5"': "a finite number",
    1e300: "a value of at most 9007199254740991",
  },
  notNegative: { "-1": "a value of at least 0", '"5"': "a finite number", null: "a finite number" },
  ratio: { "-0.1": "a value of at least 0", 1.1: "a value of at most 1", '"5"': "a finite number" },
  length: { 2: "a value of at least 3", 3.5: "an integer", '"5"': "a finite number" },
  seed: { "-1": "a value of at least 0", 0.5: "an integer", '"5"': "a finite number" },
  device: { '"gpu"': '"auto", "cpu", "cuda" or "cuda:N"', '"cuda:x"': '"auto", "cpu", "cuda" or "cuda:N"' },
} as const;

/** The options of all tasks. */
type OptionName = { [Task in TaskName]: keyof FineTuneOptionsByTask[Task] }[TaskName];

const kindOfOption: Record<OptionName, keyof typeof rejected | Record<string, string | RegExp>> = {
  task: { '"translation"': ANY_TASK, null: ANY_TASK },
  model: "string",
  revision: "string",
  token: "string",
  cacheDir: "string",
  localFilesOnly: "boolean",
  languages: { '"en"': "an array", "[]": "at least 1 element" },
  license: "string",
  datasetName: {
    '"a/b/c"': "a name such as organisation/dataset",
    '"./a"': "a name such as organisation/dataset",
  },
  resume: "boolean",
  changeSchedule: "boolean",
  snapshotEvery: "count",
  snapshotMinutes: "notNegative",
  keepSnapshots: "count",
  train: "source",
  validation: "source",
  layers: {
    0: "a value above 0",
    "[]": "at least 1 element",
    "[1,0]": "layers in their order, each once",
    '"3"': "a number of layers, or those that are kept, from 0",
  },
  teacher: "string",
  teacherWeight: "ratio",
  teacherTemperature: "positive",
  outputDir: "string",
  tensorboardDir: "string",
  logger: {
    "{}": /functions debug, info, warn and error/,
    5: /functions debug, info, warn and error/,
    null: /functions debug, info, warn and error/,
  },
  histogramEvery: "count",
  overwrite: "boolean",
  labels: "labels",
  columns: "columns",
  columnNames: { '"text"': "an array", "[]": "at least 1 element", '["a","a"]': "distinct names" },
  threshold: {
    "-0.1": "a value of at least 0",
    1.5: "a value of at most 1",
    '"best"': 'a number from 0 to 1 or "tuned"',
  },
  limit: "count",
  budget: {
    5: "a string",
    '"20 minutes"': /^a time such as "20m".*"5000 rows" or "300 updates",$/,
    '"0s"': /^a time such as/,
  },
  epochs: "positive",
  batchSize: "count",
  microBatchSize: {
    0: "a value above 0",
    1.5: 'a positive integer or "auto"',
    '"all"': 'a positive integer or "auto"',
  },
  gradientCheckpointing: "boolean",
  calibrate: "boolean",
  deterministic: "boolean",
  learningRate: "positive",
  schedule: { '"step"': '"linear" or "constant" or "cosine"', 1: '"linear" or "constant" or "cosine"' },
  warmupRatio: "ratio",
  optimizer: { '"sgd"': '"adamw" or "bert-adam" or "lamb"' },
  layerDecay: { 0: "a value above 0", 1.1: "a value of at most 1", '"5"': "a finite number" },
  freezeLayers: "seed",
  encoder: { '"trained"': '"fine-tuned" or "frozen"' },
  method: { '"pairs"': '"cross-entropy" or "contrastive"' },
  pairsPerRow: "count",
  explainMistakes: { "-1": "a value of at least 0", 21: "a value of at most 20", '"5"': "a finite number" },
  labelSmoothing: { "-0.1": "a value of at least 0", 1: "a value below 1", '"5"': "a finite number" },
  classWeights: {
    '"even"': '"balanced", positive weights in the labels\' order, or by label',
    "[1]": "at least 2 elements",
  },
  balancedSampling: "boolean",
  weightDecay: "notNegative",
  maxGradNorm: "positive",
  maxSeqLength: "length",
  loss: {
    '"contrastive"': /^"(multiple-negatives-ranking|binary-cross-entropy)" or "/, // of embedding, and of reranking
  },
  posWeight: "positive",
  pooling: {
    '"first"': '"cls" or "max" or "mean" or "mean_sqrt_len_tokens" or "weightedmean" or "lasttoken"',
  },
  scale: "positive",
  margin: "positive",
  numNegatives: "count",
  samplingStrategy: { '"hardest"': '"top" or "random"' },
  rangeMin: "seed",
  rangeMax: "count",
  maxScore: { '"high"': "a finite number" },
  minScore: { '"low"': "a finite number" },
  absoluteMargin: { '"small"': "a finite number" },
  relativeMargin: { '"small"': "a finite number" },
  dims: { "[]": "at least 1 element", 64: "an array" },
  maskRate: { 0: "a value above 0", 1: "a value below 1", '"much"': "a finite number" },
  wholeWord: "boolean",
  scheme: { '"IOB2"': '"BIO" or "IOB1" or "BIOES" or "plain"' },
  documentContext: "boolean",
  features: { '"pooled"': '"last-hidden" or "concat-last-four"' },
  longTexts: { '"window"': '"cut" or "mean" or "max"' },
  docStride: "seed",
  maxQuestionLength: "count",
  maxAnswerLength: "count",
  groupByLength: "boolean",
  evaluateEvery: "count",
  metric: { 5: "a string" },
  loadBest: "boolean",
  patience: "count",
  seed: "seed",
  seeds: {
    "[1]": "at least 2 elements",
    "[1,1]": "distinct seeds",
    5: "an array",
  },
  device: "device",
  dtype: { '"float16"': '"auto" or "float32" or "bfloat16"' },
  threads: { 0: "a value of at least 1", 1.5: "an integer", 1025: "a value of at most 1024" },
  shardOptimizer: "boolean",
  reduceDtype: { '"float16"': '"float32" or "bfloat16"' },
  rankTimeout: "positive",
  signal: { "{}": "an AbortSignal" },
  onProgress: { '"log"': "a function" },
};

/** The tasks that have an option. */
function tasksWith(option: string): TaskName[] {
  return TASK_NAMES.filter((task) => option in memberFor(schema, { task }).shape);
}

for (const [option, kind] of Object.entries(kindOfOption)) {
  test(`a wrong value for ${option} is refused by the option's name, what is expected and what came`, () => {
    for (const task of tasksWith(option)) {
      for (const [json, wanted] of Object.entries(typeof kind === "string" ? rejected[kind] : kind)) {
        const message = refusal({ ...required, task, [option]: JSON.parse(json) });
        const [, what, name] = message.match(/^Expected (.*) for (\w+) but received ./s) ?? [];
        assert.equal(name, option, message);
        if (wanted instanceof RegExp) assert.match(what!, wanted);
        else assert.equal(what, wanted);
      }
    }
  });
}

test("numbers that are none are refused wherever a number is expected", () => {
  const numbers = Object.keys(kindOfOption).filter(
    (option) => typeof parseOptions(schema, { ...required, limit: 1, evaluateEvery: 1 })[option] === "number",
  );
  assert.ok(numbers.includes("learningRate") && numbers.includes("limit"));
  for (const option of numbers) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.equal(
        refusal({ ...required, [option]: value }),
        `Expected a finite number for ${option} but received ${value}`,
      );
  }
});

test("a misspelt option is refused with the nearest known name, before the one that is missing for it", () => {
  assert.equal(
    refusal({ ...required, learninRate: 1 }),
    'Unknown option "learninRate" for task "classification": did you mean learningRate?',
  );
  assert.equal(
    refusal({ ...required, batch_size: 1 }),
    'Unknown option "batch_size" for task "classification": did you mean batchSize?',
  );
  assert.equal(
    refusal({ ...required, LearningRate: 1 }),
    'Unknown option "LearningRate" for task "classification": did you mean learningRate?',
  );
  const { model: modle, ...rest } = required;
  assert.equal(
    refusal({ ...rest, modle }),
    'Unknown option "modle" for task "classification": did you mean model?',
  );
  assert.match(
    refusal({ ...required, quantum: 1 }),
    /^Unknown option "quantum" for task "classification": the options are task, model, train,/,
  );
});

test("a misspelt name inside columns is compared with the names of columns", () => {
  const message = refusal({ ...required, columns: { lable: "gold" } });
  assert.equal(message, 'Unknown option "columns.lable" for task "classification": did you mean label?');
  assert.equal(
    refusal({ ...required, columns: { text: 5 } }),
    "Expected a string for columns.text but received 5",
  );
});

test("options that are no object are refused", () => {
  assert.equal(refusal(undefined), "Expected an object for options but received undefined");
  assert.equal(refusal("model"), 'Expected an object for options but received "model"');
});

test("a name far from all known ones has no nearest", () => {
  assert.equal(nearestName("warmup", ["warmupRatio", "seed"]), undefined);
  assert.equal(nearestName("sed", ["warmupRatio", "seed"]), "seed");
  assert.equal(nearestName("x", []), undefined);
});

test("a field that may be left out may be undefined", () => {
  const optional = z.strictObject({ limit: z.int().optional() });
  assert.deepEqual(parseOptions(optional, { limit: undefined }), { limit: undefined });
});

test("labels have names, of which multi-label needs only one", () => {
  const refused = (task: TaskName, labels: string[]) => refusal({ ...required, task, labels });
  assert.match(
    refused("classification", ["a"]),
    /^Expected at least 2 elements for labels but received an array of 1 element$/,
  );
  assert.match(
    refused("classification", ["a", " "]),
    /^Expected a text that is not empty for labels\.1 but received " "$/,
  );
  assert.doesNotThrow(() => parseOptions(schema, { ...required, task: "multi-label", labels: ["a"] }));
});
