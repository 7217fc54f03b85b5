/**
 * Embeds SST-2's development sentences with libbert, onnxruntime-node and transformers.js, in turn on this machine, and
 * prints how long one takes and how many go through in a second. See bench/README.md.
 */
import { parseArgs } from "node:util";
import {
  exportOnnx,
  libbertEmbedding,
  onnxruntimeEmbedding,
  type Texts,
  transformersJsEmbedding,
} from "./embedding-speeds.js";
import { median } from "./median.js";
import { describeProcessor } from "./processor.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    peers: { type: "string", default: "node_modules" },
    reference: { type: "string", default: "../shared/reference" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    repeats: { type: "string", default: "3" },
  },
});

interface Program {
  name: string;
  /** What is timed: the model alone, with ids made ahead, or everything from text to vector. */
  part: "model" | "all";
  run(texts: Texts): number;
}

const libbert: Program = {
  name: "libbert",
  part: "all",
  run: (texts) => libbertEmbedding(options, "float32", texts === "one by one"),
};

function peersWith(folder: string): Program[] {
  const models = { folder, peers: options.peers };
  return [
    {
      name: "onnxruntime-node",
      part: "model",
      run: (texts) => onnxruntimeEmbedding(options, models, "float32", texts),
    },
    {
      name: "transformers.js",
      part: "all",
      run: (texts) => transformersJsEmbedding(options, models, "float32", texts),
    },
  ];
}

/** The programs in turn, so that a machine that slows down slows all; the median of each one's runs. */
function measured(programs: readonly Program[], texts: Texts): number[] {
  const runs: number[][] = programs.map(() => []);
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    for (const [index, program] of programs.entries()) {
      const figure = program.run(texts);
      console.error(`${program.name}, ${texts}: ${figure}`);
      runs[index]!.push(figure);
    }
  }
  return runs.map(median);
}

function table(programs: readonly Program[], texts: Texts): Record<string, object> {
  const figures = measured(programs, texts);
  const isTime = texts === "one by one";
  const rows = programs.map(({ name, part }, index) => {
    const [own, figure] = [figures[0]!, figures[index]!];
    const times = isTime ? figure / own : own / figure;
    const shown = isTime ? `${figure.toFixed(2)} ms` : `${figure.toFixed(0)} sentences/s`;
    return [
      `${name}, ${texts}`,
      { timed: part, median: shown, "libbert is": `${times.toFixed(2)}x as fast` },
    ];
  });
  return Object.fromEntries(rows);
}

await inTemporaryFolder(async (folder) => {
  exportOnnx(options, { folder, python: options.python });
  const programs = [libbert, ...peersWith(folder)];
  console.log(`${describeProcessor()}, float32, SST-2's 872 development sentences`);
  for (const texts of ["one by one", "in file order", "by length"] as const)
    console.table(table(programs, texts));
});
