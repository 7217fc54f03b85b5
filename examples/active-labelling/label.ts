// Labels texts in the terminal: the model asks for those from which it would learn most, and shows how good it is after each round.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadModel } from "../../lib/index.js";
import { chooseRows } from "./choose.js";
import { type Chooser, labelInRounds } from "./rounds.js";
import { curveLine, personAt } from "./terminal.js";

const DATA = "examples/quickstart";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "sentence-transformers/all-MiniLM-L6-v2" }, // a folder, or a name on the Hub
    pool: { type: "string", default: `${DATA}/train.tsv` }, // texts to label, in the column text
    test: { type: "string", default: `${DATA}/test.tsv` }, // labelled texts to measure with, in the columns text and label
    "per-round": { type: "string", default: "16" },
    rounds: { type: "string", default: "8" },
    epochs: { type: "string", default: "20" },
    "learning-rate": { type: "string", default: "5e-4" },
    "output-dir": { type: "string", default: "runs/active-labelling" },
    simulate: { type: "boolean", default: false }, // the pool's own labels answer; compared with a choice at random
    seed: { type: "string", default: "1" }, // of what comes at random
  },
});

const pool = new Map((await rowsOf(values.pool)).map(({ text, label }) => [text, label]));
const texts = [...pool.keys()];
const labels = [...new Set((await rowsOf(values.test)).map(({ label }) => label))].sort();
const outputDir = values["output-dir"];
await mkdir(outputDir, { recursive: true });
const settings = {
  ...{ model: values.model, texts, labels, test: values.test },
  ...{ perRound: Number(values["per-round"]), rounds: Number(values.rounds) },
  ...{ epochs: Number(values.epochs), learningRate: Number(values["learning-rate"]) },
};

/** The rows of a tab-separated file; where it has no column label, they are empty. */
async function rowsOf(file: string): Promise<{ text: string; label: string }[]> {
  const [header, ...rows] = (await readFile(file, "utf8")).trimEnd().split("\n");
  const names = header!.split("\t");
  const [text, label] = [names.indexOf("text"), names.indexOf("label")];
  if (text < 0) throw new Error(`Expected a column text in ${file} but its columns are ${names.join(", ")}`);
  return rows.map((row) => row.split("\t")).map((row) => ({ text: row[text]!, label: row[label] ?? "" }));
}

function atRandom(): Chooser {
  const hash = (text: string) => createHash("sha256").update(`${values.seed} ${text}`).digest("hex");
  const hashes = texts.map(hash);
  const order = [...texts.keys()].sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : 1));
  return (known, count) => order.filter((number) => !known.includes(number)).slice(0, count);
}

/**
 * How alike texts are, the pre-trained model says: so it needs no answers, and is computed once. As long as there is no model to be
 * uncertain, texts come at random: those that are least alike would be the odd ones out.
 */
async function byUncertainty(): Promise<Chooser> {
  await using encoder = await loadModel(values.model);
  const vectors = await encoder.embed(texts, { normalize: true });
  const first = atRandom();
  return (known, count, uncertainties) =>
    uncertainties ? chooseRows({ vectors, uncertainties, known, count }) : first(known, count);
}

async function simulate(how: string, choose: Chooser): Promise<void> {
  console.log(`chosen ${how}:`);
  const answers = join(outputDir, `chosen-${how.replaceAll(" ", "-")}.jsonl`);
  await rm(answers, { force: true });
  await labelInRounds({
    ...{ ...settings, choose, answers, folder: join(outputDir, "simulated") },
    ask: async (text) => ({ type: "label", label: pool.get(text)! }),
    tell: (point) => console.log(curveLine(point)),
  });
}

if (values.simulate) {
  await simulate("by the model", await byUncertainty());
  await simulate("at random", atRandom());
} else {
  using person = personAt(process.stdin, process.stdout, labels);
  const answers = join(outputDir, "answers.jsonl");
  await labelInRounds({
    ...{ ...settings, choose: await byUncertainty(), answers, folder: join(outputDir, "model") },
    ask: person.ask,
    tell: (point) => console.log(`\n${curveLine(point)}`),
  });
  console.log(`\nThe answers are in ${answers}. The same command goes on behind them.`);
}
