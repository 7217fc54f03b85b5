import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { metadataIn } from "../../lib/card/front-matter.js";
import { fineTune, loadModel, pretrain } from "../../lib/index.js";
import { rowsOf, TINY, tinyRun, writeTsv } from "../session/support.js";
import { corpusFolder, tenSteps } from "../support/pretraining-runs.js";
import { inPython, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();
const train = writeTsv(join(folder, 'train "1" `a`: no.tsv'), rowsOf(20));
const validation = writeTsv(join(folder, "dev|1.tsv"), rowsOf(10));

const cardIn = (directory: string) => readFileSync(join(directory, "README.md"), "utf8");

/** A run from files, whose card tells of it. */
async function tuned(name: string, options: object = {}): Promise<string> {
  const outputDir = join(folder, name);
  await using _ = await fineTune({ ...tinyRun, train, validation, outputDir, ...options });
  return outputDir;
}

/** Node's warnings while a model is loaded. */
async function warningsOfLoading(directory: string): Promise<string[]> {
  const warnings: string[] = [];
  const listener = ({ message }: Error) => warnings.push(message);
  process.on("warning", listener);
  await using _ = await loadModel(directory);
  await new Promise(setImmediate);
  process.off("warning", listener);
  return warnings;
}

test("the card of a fine-tuned model says what it is, how it was made and how good it is, without the machine's folders", async () => {
  const terms = { languages: ["no"], license: "mit", datasetName: "stanfordnlp/sst2" };
  const directory = await tuned("films: 2", { ...terms, loadBest: true });
  const card = cardIn(directory);
  const { metrics, ...metadata } = metadataIn(card);
  const index = metadata["model-index"] as { results: { metrics: { value: number }[] }[] }[];
  assert.deepEqual(metrics, ["accuracy", "f1", "matthews_correlation"]);
  const { results, ...ofIndex } = index[0]!;
  const report = JSON.parse(readFileSync(join(directory, "training_report.json"), "utf8"));
  const [{ metrics: figures, ...result } = { metrics: [] }] = results;
  assert.equal(figures[0]!.value, Number(report.metrics.accuracy.toFixed(4)));
  assert.deepEqual(
    { ...metadata, "model-index": [{ ...ofIndex, results: [result] }] },
    {
      language: ["no"],
      license: "mit",
      library_name: "transformers",
      pipeline_tag: "text-classification",
      tags: ["libbert"],
      datasets: ["stanfordnlp/sst2"],
      "model-index": [
        {
          name: "films: 2",
          results: [
            {
              task: { type: "text-classification" },
              dataset: { name: "stanfordnlp/sst2", type: "stanfordnlp/sst2", split: "validation" },
            },
          ],
        },
      ],
    },
  );
  assert.ok(card.includes('On 20 rows of `` train "1" `a`: no.tsv ``.'), card);
  assert.ok(card.includes("On 10 rows of `dev|1.tsv`:"));
  assert.match(card, /\| `learningRate` \| `0\.005` \|/);
  assert.match(
    card,
    /The weights are those after update \d of 2, chosen by accuracy on the rows of the evaluation\./,
  );
  assert.ok(!card.includes(folder) && !card.includes(TINY));
});

test("Python's huggingface_hub reads the card, its results too", { skip: withoutPython }, async () => {
  const directory = await tuned('a "quoted" name', {});
  const program = `
import json, sys
from huggingface_hub import ModelCard
card = ModelCard.load(sys.argv[1])
results = [[r.task_type, r.dataset_type, r.dataset_name, r.dataset_split, r.metric_type, r.metric_name, r.metric_value] for r in card.data.eval_results]
again = ModelCard(str(card)).data.to_dict() == card.data.to_dict()
print(json.dumps({"name": card.data.model_name, "tags": card.data.tags, "library": card.data.library_name, "results": results, "again": again}))
`;
  interface Read {
    results: unknown[][];
    [field: string]: unknown;
  }
  const [{ results, ...read } = { results: [] }] = await inPython<Read>(program, [
    join(directory, "README.md"),
  ]);
  assert.deepEqual(read, {
    name: 'a "quoted" name',
    tags: ["libbert"],
    library: "transformers",
    again: true,
  });
  const { metrics } = JSON.parse(readFileSync(join(directory, "training_report.json"), "utf8"));
  const dataset = ["text-classification", "unknown", "dev|1.tsv", "validation"];
  const first = [...dataset, "accuracy", "Accuracy", Number(metrics.accuracy.toFixed(4))];
  assert.deepEqual(results[0], first);
  assert.equal(results.length, 5);
});

test("a model that is saved after its training has the same card; one that was only loaded says where from", async () => {
  await using model = await fineTune({ ...tinyRun, train, validation, license: "mit" });
  const [first, again, loaded] = ["saved/a", "saved/b", "saved/c"].map((name) => join(folder, name));
  mkdirSync(join(folder, "saved"));
  await model.save(first!);
  await model.save(again!, { license: "apache-2.0", languages: ["en"] });
  assert.match(cardIn(first!), /^license: "mit"$/m);
  assert.match(cardIn(again!), /^language:\n {2}- "en"\nlicense: "apache-2.0"$/m);
  assert.match(cardIn(again!), /^## Evaluation$/m);
  await using other = await loadModel(first!);
  await other.save(loaded!);
  const card = cardIn(loaded!);
  assert.match(card, /Saved as it was loaded from `a`\./);
  assert.match(card, /^license: "mit"$/m); // as the card beside it says
  assert.ok(!card.includes("## Training"));
  await assert.rejects(model.save(first!, { languages: ["english"] }), {
    code: "ERR_OPTION",
    option: "languages.0",
  });
});

test("a README.md of the user's stays; libbert's own is written anew until somebody changes it", async () => {
  const directory = await tuned("again");
  const options = { outputDir: directory, overwrite: true } as const;
  const first = cardIn(directory);
  await tuned("again", { ...options, learningRate: 1e-3 });
  assert.notEqual(cardIn(directory), first);
  writeFileSync(join(directory, "README.md"), cardIn(directory).replace("## Use", "## How to use it"));
  const edited = cardIn(directory);
  assert.deepEqual(await warningsOfLoading(directory), []);
  await tuned("again", { ...options, learningRate: 1e-4 });
  assert.equal(cardIn(directory), edited);
  await using model = await loadModel(directory);
  const folderInItsPlace = join(folder, "odd");
  mkdirSync(join(folderInItsPlace, "README.md"), { recursive: true });
  await model.save(folderInItsPlace, { overwrite: true });
});

test("the card of the model it was made from is not copied, but its license is passed on", async () => {
  const base = join(folder, "base");
  cpSync(TINY, base, { recursive: true });
  const card =
    "---\nlicense: other\nlicense_name: &a own\nlicense_link: *a\nmodel-index: [1]\n---\n# Theirs\n";
  writeFileSync(join(base, "README.md"), card);
  const metadata = metadataIn(cardIn(await tuned("tuned", { model: base })));
  const { license, license_name, license_link, base_model } = metadata;
  assert.deepEqual([license, license_name, license_link], ["other", "own", "own"]);
  assert.equal(base_model, undefined); // a folder is no name on the Hub
  assert.ok(!cardIn(join(folder, "tuned")).includes("Theirs"));
});

test("the card of a pre-trained model tells of its corpus, and of a checkpoint that it went on from", async () => {
  const { data, newOutputDir, directory } = await corpusFolder();
  const outputDir = newOutputDir();
  await pretrain({ ...tenSteps, data, outputDir, languages: ["en"] });
  const card = cardIn(outputDir);
  const { pipeline_tag, language, metrics } = metadataIn(card);
  assert.deepEqual([pipeline_tag, language, metrics], ["fill-mask", ["en"], ["accuracy", "perplexity"]]);
  assert.match(card, /It was pre-trained from `tiny-bert-pretraining`\./);
  assert.match(card, /On \d+ documents \(\d+ tokens\) of `shards`\./);
  assert.match(card, /\| `steps` \| `10` \|/);
  assert.ok(!card.includes(directory));
  assert.deepEqual(await warningsOfLoading(outputDir), []);
});
