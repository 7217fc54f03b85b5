import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runRanks } from "../support/ranks.js";
import { assertClose } from "../support/tolerance.js";
import { rowsOf, temporaryDirectory, tinyRun, writeTsv } from "./support.js";

const RANK = fileURLToPath(new URL("fine-tune-rank.js", import.meta.url));
const directory = temporaryDirectory();
const paths = { train: join(directory, "train.tsv"), validation: join(directory, "dev.tsv") };
const TEXTS = ["the film was good", "the plot was dull to watch"];

before(() => {
  writeTsv(paths.train, rowsOf(83)); // the last update of an epoch has 3 rows
  writeTsv(paths.validation, rowsOf(31, 200));
});

let runs = 0;
const newOutputDir = () => join(directory, `run-${++runs}`);

interface Outcome {
  losses: number[];
  metrics: Record<string, number>;
  predictions: unknown;
}

async function outcomes(options: object, size: number, texts: unknown[] = TEXTS): Promise<Outcome[]> {
  const environment = () => (size === 1 ? { RANK: undefined, WORLD_SIZE: undefined } : {});
  const ended = await runRanks(RANK, () => [JSON.stringify(options), JSON.stringify(texts)], {
    size,
    environment,
  });
  return ended.map(({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  });
}

/** As in pre-training: the ranks' sums are rounded in another order. */
const SUMMED_IN_ANOTHER_ORDER = { relative: 1e-5 };

const sixteenRows = { ...tinyRun, ...paths, epochs: 3, learningRate: 1e-3, evaluateEvery: 4 };

test("4 processes with 4 rows each fine-tune as one with 16, and all end with the same model and metrics", async () => {
  const outputDir = newOutputDir();
  const [alone] = await outcomes(sixteenRows, 1);
  for (const more of [{}, { shardOptimizer: true, microBatchSize: 2 }, { gradientCheckpointing: true }]) {
    const together = await outcomes({ ...sixteenRows, ...more, batchSize: 4, outputDir, overwrite: true }, 4);
    for (const outcome of together) {
      assertClose(outcome.losses, alone!.losses, SUMMED_IN_ANOTHER_ORDER, JSON.stringify(more));
      assert.equal(outcome.metrics.accuracy, alone!.metrics.accuracy);
      assert.equal(outcome.metrics.rows, 31);
      assertClose([outcome.metrics.loss!], [alone!.metrics.loss!], { relative: 1e-4 });
      assert.deepEqual(outcome, together[0]);
    }
  }
  assert.ok(existsSync(join(outputDir, "model.safetensors")));
});

test("entities are told from all ranks' predictions, with the score of one process", async () => {
  const train = join(directory, "train.conll");
  const sentence = (word: string, index: number) =>
    `the\tO\n${word}\tB-THING\nwas\tO\n${index % 2 ? "good" : "bad"}\tO\n\n`;
  const words = ["film", "story", "cast", "plot", "scene", "music", "actor"];
  writeFileSync(train, Array.from({ length: 42 }, (_, index) => sentence(words[index % 7]!, index)).join(""));
  const options = {
    ...sixteenRows,
    task: "token-classification",
    train,
    validation: train,
    evaluateEvery: undefined,
  };
  const [alone] = await outcomes(options, 1);
  const together = await outcomes({ ...options, batchSize: 8 }, 2);
  for (const outcome of together) {
    assertClose(outcome.losses, alone!.losses, SUMMED_IN_ANOTHER_ORDER);
    assert.equal(outcome.metrics.f1, alone!.metrics.f1);
    assert.equal(outcome.metrics.entities, alone!.metrics.entities);
  }
});

test("masked words: perplexity over all ranks' batches is that of one process", async () => {
  const train = join(directory, "train.txt");
  writeFileSync(
    train,
    rowsOf(600)
      .map(({ text }) => text)
      .join("\n"),
  );
  const options = {
    ...sixteenRows,
    task: "masked-words",
    train,
    validation: train,
    epochs: 1,
    limit: 600,
    evaluateEvery: undefined,
  };
  const texts = ["the film was [MASK]"];
  const [alone] = await outcomes(options, 1, texts);
  for (const outcome of await outcomes({ ...options, batchSize: 8 }, 2, texts)) {
    assertClose(outcome.losses, alone!.losses, SUMMED_IN_ANOTHER_ORDER);
    assertClose([outcome.metrics.perplexity!], [alone!.metrics.perplexity!], { relative: 1e-4 });
    assert.equal(outcome.metrics.maskedWords, alone!.metrics.maskedWords);
  }
});

test("other rows on one rank are refused, on all", async () => {
  const other = writeTsv(join(directory, "other.tsv"), rowsOf(70));
  const options = (rank: number) => ({ ...sixteenRows, train: rank === 1 ? other : paths.train });
  const ended = await runRanks(RANK, (rank) => [JSON.stringify(options(rank)), JSON.stringify(TEXTS)], {
    size: 2,
  });
  for (const { code, stderr } of ended) {
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Expected the same training rows on all ranks but received 83 on rank 0 and 70 on rank 1/,
    );
  }
});
