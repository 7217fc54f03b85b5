import "../support/one-thread.js";

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import type { FineTuneEvent } from "../../lib/fine-tuning/events.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { type FineTuneOptions, search } from "../../lib/index.js";
import { settingsOf } from "../fine-tuning/settings.js";
import { failureOf, rowsOf, tinyRun } from "../session/support.js";
import { eventFilesIn, type ReadEvent } from "../support/event-files.js";
import { corpusFolder, run, runAndAbort, snapshotNames, tenSteps } from "../support/pretraining-runs.js";
import { inPython, withoutModule } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const seeds = join(directory, "seeds");
const resumed = join(directory, "resumed");
const rows = { train: rowsOf(48), validation: rowsOf(8) };
const events: FineTuneEvent[] = [];

/** The values of a scalar, by step. */
function valuesOf(all: readonly ReadEvent[], tag: string): [step: number, value: number][] {
  return all.flatMap(({ step, scalars }) => (tag in scalars ? [[step, scalars[tag]!]] : []));
}

async function tune(options: Partial<FineTuneOptions>): Promise<void> {
  const { seed: _, ...tiny } = tinyRun;
  const settings = settingsOf({ ...tiny, ...rows, ...options } as FineTuneOptions);
  const { model } = await fineTune(settings, { emit: (event) => events.push(event) });
  model.dispose();
}

before(async () => {
  await tune({ seeds: [3, 4], epochs: 2, tensorboardDir: seeds, histogramEvery: 2 });
  const { data, newOutputDir } = await corpusFolder();
  const outputDir = newOutputDir();
  const options = { ...tenSteps, data, outputDir, evaluateEvery: 4, tensorboardDir: resumed };
  await runAndAbort({ ...options, histogramEvery: 5 }, 7);
  rmSync(join(outputDir, "snapshots", snapshotNames(outputDir).at(-1)!), { recursive: true }); // as if it had crashed
  await run({ ...options, resume: true });
});

test("each seed has a folder, with what onProgress was told", () => {
  const steps = events.filter((event) => event.type === "step");
  assert.equal(steps.length, 12);
  for (const [index, seed] of [3, 4].entries()) {
    const [file] = eventFilesIn(join(seeds, `seed-${seed}`));
    const own = steps.slice(6 * index, 6 * (index + 1));
    for (const name of ["loss", "learningRate", "gradientNorm", "tokensPerSecond", "epoch"] as const) {
      const expected = own.map((event) => [event.step, Math.fround(event[name])]);
      assert.deepEqual(valuesOf(file!, `train/${name}`), expected);
    }
    assert.deepEqual(
      valuesOf(file!, "evaluation/accuracy").map(([step]) => step),
      [3, 6],
    );
    assert.ok(valuesOf(file!, "memory/process").every(([, bytes]) => bytes > 2 ** 20));
  }
});

test("the weights are shown as often as histogramEvery says", () => {
  const shown = eventFilesIn(join(seeds, "seed-3"))[0]!.filter(({ others }) =>
    others.some((tag) => tag === "weights/encoder.embeddings.word_embeddings.weight"),
  );
  assert.deepEqual(
    shown.map(({ step }) => step),
    [2, 4, 6],
  );
});

test("a run that goes on says from which step on it takes the place of what was written before", () => {
  const [first, second, ...more] = eventFilesIn(resumed);
  assert.deepEqual(more, []);
  assert.deepEqual(valuesOf(first!, "train/mlmLoss").at(-1)?.[0], 7);
  assert.deepEqual(
    valuesOf(second!, "train/mlmLoss").map(([step]) => step),
    [6, 7, 8, 9, 10],
  );
  const starts = [first!, second!].map((file) =>
    file.filter(({ isStart }) => isStart).map(({ step }) => step),
  );
  assert.deepEqual(starts, [[0], [6]]);
});

test("each trial of a search has a folder of its name", async () => {
  const tensorboardDir = join(directory, "trials");
  const grid = { learningRate: [1e-5, 5e-3] };
  const options = { ...tinyRun, ...rows, grid, tensorboardDir, outputDir: join(directory, "search") };
  await search(options);
  for (const rate of ["1e-5", "0.005"])
    assert.equal(
      valuesOf(eventFilesIn(join(tensorboardDir, `learningRate-${rate}`))[0]!, "train/loss").length,
      3,
    );
});

test("histograms without a folder, and a folder that cannot be, are refused", async () => {
  assert.match(
    (await failureOf(tune({ histogramEvery: 2 }))).message,
    /without tensorboardDir for histogramEvery/,
  );
  const file = join(directory, "file");
  writeFileSync(file, "");
  const { code, message } = await failureOf(tune({ tensorboardDir: join(file, "folder") }));
  assert.equal(code, "ERR_OPTION");
  assert.match(message, /^Expected a writable directory for tensorboardDir but received .*ENOTDIR/);
});

const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

for folder in sys.argv[1:]:
    read = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0, "histograms": 0})
    read.Reload()
    tags = read.Tags()
    print(json.dumps({
        "scalars": {tag: [[e.step, e.value] for e in read.Scalars(tag)] for tag in tags["scalars"]},
        "texts": {tag: [[e.step, e.tensor_proto.string_val[0].decode()] for e in read.Tensors(tag)] for tag in tags["tensors"]},
        "plugins": {tag: read.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags["tensors"]},
        "histograms": {tag: [[e.step, e.histogram_value.num, sum(e.histogram_value.bucket)] for e in read.Histograms(tag)]
                       for tag in tags["histograms"]},
    }))
`;

interface Accumulated {
  scalars: Record<string, [number, number][]>;
  texts: Record<string, [number, string][]>;
  plugins: Record<string, string>;
  histograms: Record<string, [step: number, count: number, inBuckets: number][]>;
}

test("TensorBoard reads what was written", { skip: withoutModule("tensorboard") }, async () => {
  const [seed, both] = await inPython<Accumulated>(READ, [join(seeds, "seed-4"), resumed]);
  assert.equal(seed!.scalars["train/loss"]!.length, 6);
  assert.equal(seed!.plugins["run/options"], "text");
  assert.match(seed!.texts["run/options"]![0]![1], /\| batchSize \| `16` \|/);
  assert.match(seed!.texts["run/options"]![0]![1], /\| train \| `rows in memory` \|/);
  assert.match(seed!.texts["run/start"]![0]![1], /\| device \| `\w+` \|/);
  const sizes = Object.values(seed!.histograms);
  assert.ok(
    sizes.every((all) => all.length === 3 && all.every(([, count, sum]) => count > 0 && count === sum)),
  );

  const steps = both!.scalars["train/mlmLoss"]!.map(([step]) => step);
  assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(
    both!.scalars["evaluation/perplexity"]!.map(([step]) => step),
    [4, 8, 10],
  );
  assert.deepEqual(
    both!.texts["run/options"]!.map(([step]) => step),
    [0, 6],
  );
});
