/**
 * Trains classifiers on a few of the quickstart's messages, 8, 16 and 64 of each intent: by pairs and a logistic regression, as plain
 * fine-tuning does, and with SetFit. See bench/README.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { fineTune } from "../lib/index.js";
import { spread } from "../lib/metrics/spread.js";
import { describeProcessor, suitingDType } from "./processor.js";
import { inTemporaryFolder } from "./temporary-folder.js";
import { runWatched } from "./watched-program.js";

const { values } = parseArgs({
  options: {
    python: { type: "string" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "examples/quickstart" },
    rows: { type: "string", default: "8,16,64" },
    seeds: { type: "string", default: "1,2,3,4,5" },
    programs: { type: "string", default: "contrastive,plain,setfit" },
    dtype: { type: "string", default: suitingDType() },
  },
});

interface Message {
  text: string;
  label: string;
}

/** What one of the programs is given. */
interface Trial {
  train: string;
  test: string;
  /** Of each label. */
  rows: number;
  seed: number;
}

interface Figures {
  accuracy: number;
  seconds: number;
}

/** As many updates as the quickstart makes of all its messages, whose other settings these are. */
const PLAIN_UPDATES = 192;
const PLAIN_BATCH = 16;

const common = { task: "classification", model: values.model, dtype: values.dtype as "float32" } as const;

async function trained(test: string, options: object): Promise<Figures> {
  const start = performance.now();
  await using model = await fineTune({ ...common, ...options } as Parameters<typeof fineTune>[0]);
  const seconds = (performance.now() - start) / 1000;
  const { accuracy } = (await model.evaluate(test)) as unknown as Figures;
  return { accuracy, seconds };
}

const PROGRAMS: Record<string, (trial: Trial) => Promise<Figures>> = {
  contrastive: ({ train, test, seed }) => trained(test, { train, seed, method: "contrastive" }),
  plain({ train, test, rows, seed }) {
    const epochs = Math.ceil(PLAIN_UPDATES / Math.ceil((rows * labels.length) / PLAIN_BATCH));
    return trained(test, { train, seed, epochs, batchSize: PLAIN_BATCH, learningRate: 2e-4 });
  },
  async setfit({ train, test, seed }) {
    const script = join(import.meta.dirname, "../../bench/setfit_loop.py");
    const { output } = await runWatched(values.python!, [
      script,
      values.model,
      train,
      test,
      String(seed),
      values.dtype,
    ]);
    return JSON.parse(output.trimEnd().split("\n").at(-1)!);
  },
};

function messagesOf(path: string): Message[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(1);
  return lines.map((line) => {
    const [text, label] = line.split("\t");
    return { text: text!, label: label! };
  });
}

/** Some of each label, drawn by the seed. */
function drawn(messages: readonly Message[], rows: number, seed: number): Message[] {
  const order = Int32Array.from(messages.keys());
  new CounterRandom(seed, 0).shuffle(order);
  return labels.flatMap((label) =>
    [...order]
      .map((index) => messages[index]!)
      .filter((message) => message.label === label)
      .slice(0, rows),
  );
}

const test = join(values.data, "test.tsv");
const messages = messagesOf(join(values.data, "train.tsv"));
const labels = [...new Set(messages.map(({ label }) => label))].sort();
const numbers = (list: string) => list.split(",").map(Number);
const programs = values.programs.split(",").filter((name) => name !== "setfit" || values.python);

console.log(`${describeProcessor()}, ${values.dtype}`);
for (const rows of numbers(values.rows)) {
  const figures = new Map(programs.map((name) => [name, [] as Figures[]]));
  for (const seed of numbers(values.seeds)) {
    await inTemporaryFolder(async (folder) => {
      const train = join(folder, "train.tsv");
      const some = drawn(messages, rows, seed).map(({ text, label }) => `${text}\t${label}\n`);
      writeFileSync(train, `text\tlabel\n${some.join("")}`);
      for (const name of programs) {
        const made = await PROGRAMS[name]!({ train, test, rows, seed });
        figures.get(name)!.push(made);
        console.error(`${rows} rows a label, seed ${seed}, ${name}: ${JSON.stringify(made)}`);
      }
    });
  }
  for (const [name, made] of figures) {
    const { mean, deviation } = spread(made.map(({ accuracy }) => accuracy));
    const seconds = spread(made.map((one) => one.seconds)).mean;
    const accuracy = deviation === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`;
    console.log(`| ${rows} | ${name} | ${accuracy} | ${seconds.toFixed(1)} s |`);
  }
}
