/**
 * Embeds SST-2's development sentences with libbert, onnxruntime-node and transformers.js, in turn on this machine, and
 * prints how long one takes and how many go through in a second. See bench/README.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { median } from "./median.js";
import { runProgram } from "./run-program.js";

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

interface Speeds {
  oneMilliseconds: number | null;
  sentencesPerSecond: number | null;
}

/** What of a program is timed: the model alone, with ids made ahead, or everything from text to vector. */
type Part = "model" | "all";

interface Program {
  name: string;
  part: Part;
  run(): Speeds;
}

const environment = {
  MODEL_DIR: resolve(options.model),
  DATA_DIR: resolve(options.data),
  NODE_MODULES_DIR: resolve(options.peers),
};
const exported = mkdtempSync(join(tmpdir(), "libbert-onnx-"));

const lastLine = (output: string) => JSON.parse(output.trimEnd().split("\n").at(-1)!);
const runNode = (...words: string[]) => lastLine(runProgram(process.execPath, words, environment));
const peer = (script: string) => join(options.reference, script);

function libbert(dtype: string): Program {
  const script = join(import.meta.dirname, "embed-speeds.js");
  const settings = ["--model", options.model, "--data", options.data, "--dtype", dtype];
  return { name: `libbert, ${dtype}`, part: "all", run: () => runNode(script, ...settings) };
}

/** The peers' programs time one sentence, or batches of 32, in the file's order or by length. */
function peers(name: string, script: string, place: string[], part: Part): Program[] {
  const prefix = part === "model" ? "model" : "e2e";
  const speeds = (...words: string[]) => runNode(peer(script), ...place, ...words);
  const many = (...order: string[]) => ({
    oneMilliseconds: null,
    sentencesPerSecond: speeds("32", ...order)[`${prefix}_sent_s`].median,
  });
  const one = () => ({ oneMilliseconds: speeds("1")[`${prefix}_p50_ms`], sentencesPerSecond: null });
  return [
    { name: `${name}, one`, part, run: one },
    { name: `${name}, in file order`, part, run: () => many() },
    { name: `${name}, by length`, part, run: () => many("sort") },
  ];
}

function measured(programs: readonly Program[]): Map<Program, Speeds> {
  const runs = new Map(programs.map((program): [Program, Speeds[]] => [program, []]));
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    for (const program of programs) {
      const speeds = program.run(); // in turn, so that a machine that slows down slows all
      console.error(`${program.name}: ${JSON.stringify(speeds)}`);
      runs.get(program)!.push(speeds);
    }
  }
  const middle = (own: Speeds[], key: keyof Speeds) =>
    own[0]![key] === null ? null : median(own.map((speeds) => speeds[key]!));
  const keys = ["oneMilliseconds", "sentencesPerSecond"] as const;
  return new Map(
    [...runs].map(([program, own]) => [
      program,
      Object.fromEntries(keys.map((key) => [key, middle(own, key)])) as unknown as Speeds,
    ]),
  );
}

function table(speeds: ReadonlyMap<Program, Speeds>): Record<string, object> {
  const own = [...speeds.values()][0]!;
  const rows = [...speeds].map(([{ name, part }, { oneMilliseconds, sentencesPerSecond }]) => [
    name,
    {
      timed: part,
      "one, p50 ms": oneMilliseconds?.toFixed(2),
      "libbert's time is": oneMilliseconds && `${(own.oneMilliseconds! / oneMilliseconds).toFixed(2)}x`,
      "sentences/s": sentencesPerSecond?.toFixed(0),
      "libbert's speed is":
        sentencesPerSecond && `${(own.sentencesPerSecond! / sentencesPerSecond).toFixed(2)}x`,
    },
  ]);
  return Object.fromEntries(rows);
}

try {
  runProgram(options.python, [peer("export_onnx.py"), exported], environment);
  const model = join(exported, "minilm");
  const speeds = measured([
    libbert("float32"),
    ...peers("onnxruntime-node", "infer_ort_node.mjs", [model], "model"),
    ...peers("transformers.js", "infer_tjs.mjs", [exported, "minilm"], "all"),
  ]);
  console.log(
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, float32, SST-2's 872 development sentences`,
  );
  console.table(table(speeds));
} finally {
  rmSync(exported, { recursive: true });
}
