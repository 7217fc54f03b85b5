/**
 * Fine-tunes one checkpoint on SST-2 with transformers (random batches, then grouped by length) and with libbert,
 * in turn on this machine, and prints speed, accuracy and memory side by side. See bench/README.md.
 */
import { parseArgs } from "node:util";
import { median } from "./median.js";
import { describeProcessor, suitingDType } from "./processor.js";
import { libbertOnSst2, type Sst2Run, type Sst2Settings, transformersOnSst2 } from "./sst2-runs.js";

interface Program {
  name: string;
  run(settings: Sst2Settings): Promise<Sst2Run>;
}

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    reference: { type: "string", default: "../shared/reference" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    dtype: { type: "string", default: suitingDType() },
    limit: { type: "string", default: "8000" },
    repeats: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
  },
});
const { python, reference, model, data } = options;
const [dtype, limit] = [options.dtype as "float32" | "bfloat16", Number(options.limit)];

function transformers(order: string, groupByLength: boolean): Program {
  return {
    name: `transformers, ${order}`,
    run: (settings) => transformersOnSst2(settings, { python, groupByLength }),
  };
}

const libbert: Program = { name: "libbert", run: libbertOnSst2 };
const programs = [transformers("random batches", false), transformers("grouped by length", true), libbert];

const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const seeds = options.seeds.split(",").map(Number);
const runs: { program: Program; run: Sst2Run }[] = [];
for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
  for (const seed of seeds) {
    // Interleaved, so that a machine that slows down slows all three.
    for (const program of programs) {
      const run = await program.run({ reference, model, data, dtype, limit, seed });
      runs.push({ program, run });
      console.error(`${program.name}, seed ${seed}: ${JSON.stringify(run)}`);
    }
  }
}

const column = (program: Program, key: keyof Sst2Run) =>
  runs.filter((entry) => entry.program === program).map((entry) => entry.run[key]);
const ownSpeed = median(column(libbert, "sequencesPerSecond"));
console.log(`${describeProcessor()}, ${dtype}, ${limit} sentences, 1 epoch, batch 32`);
console.table(
  Object.fromEntries(
    programs.map((program) => {
      const speed = median(column(program, "sequencesPerSecond"));
      const row = {
        "sequences/s": speed.toFixed(1),
        "tokens/s": median(column(program, "tokensPerSecond")).toFixed(0),
        "libbert is": `${(ownSpeed / speed).toFixed(2)}x`,
        accuracy: mean(column(program, "accuracy")).toFixed(4),
        "peak MiB": median(column(program, "peakMiB")).toFixed(0),
        "wall s": median(column(program, "wallSeconds")).toFixed(1),
      };
      return [program.name, row];
    }),
  ),
);
