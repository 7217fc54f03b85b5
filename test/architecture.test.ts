import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

/** Folders and single files of lib/, each of which may import only itself and those before it. */
const LAYERS = [
  "errors.ts",
  "counter-random.ts",
  "files",
  "runtime",
  "tensor",
  "nn",
  "models",
  "tokenizer",
  "data",
  "metrics",
  "optim",
  "checkpoint",
  "distributed",
  "train",
  "tasks",
  "session",
  "index.ts",
  "torch.ts",
  "cli",
];

/** One file that imports another, both as paths below lib/. */
interface Arrow {
  from: string;
  to: string;
  /** TypeScript erases it: nothing is loaded. */
  typeOnly: boolean;
}

/** `import … from`, `export … from`, `import "…"` and `import("…")` of files of ours. */
const IMPORT = /^(?:import|export)\s+(type\s)?(?:[\w*{},\s]+\sfrom\s)?"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm;

function arrowsOf(file: string): Arrow[] {
  const source = readFileSync(join("lib", file), "utf8");
  return [...source.matchAll(IMPORT)].map(([, type, declared, dynamic]) => ({
    from: file,
    to: join(dirname(file), (declared ?? dynamic)!).replace(/\.js$/, ".ts"),
    typeOnly: type !== undefined,
  }));
}

const files = readdirSync("lib", { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);
const arrows = files.flatMap(arrowsOf);

const layerOf = (file: string) => LAYERS.indexOf(file.split("/")[0]!);
const shown = ({ from, to }: Arrow) => `${from} imports ${to}`;
const pointsUp = ({ from, to }: Arrow) => layerOf(to) > layerOf(from);

test("the import lines are read: every arrow ends at a file, and those that are known are among them", () => {
  assert.deepEqual(arrows.filter(({ to }) => !files.includes(to)).map(shown), []);
  const has = (from: string, to: string, typeOnly: boolean) =>
    assert.ok(
      arrows.some((a) => a.from === from && a.to === to && a.typeOnly === typeOnly),
      `${from} → ${to}`,
    );
  has("nn/linear.ts", "tensor/tensor.ts", false);
  has("nn/functional.ts", "tensor/random.ts", false);
  has("models/bert-output.ts", "tensor/tensor.ts", true);
  has("session/compute-thread.ts", "tasks/fine-tuning/task-model.ts", true); // import type
  has("session/compute-thread.ts", "tasks/fine-tuning/tasks.ts", false); // await import()
  has("index.ts", "errors.ts", false); // export … from
});

test("every file of lib/ belongs to a layer", () => {
  assert.deepEqual(
    files.filter((file) => layerOf(file) < 0),
    [],
  );
});

test("no import points up the list of layers, not even for a type", () => {
  assert.ok(pointsUp({ from: "tensor/tensor.ts", to: "nn/linear.ts", typeOnly: true }));
  assert.deepEqual(arrows.filter(pointsUp).map(shown), []);
});

test("the training loop names no model, tokenizer or data", () => {
  const forbidden = ["models", "tokenizer", "data", "checkpoint"].map((layer) => LAYERS.indexOf(layer));
  const named = arrows.filter(({ from, to }) => from.startsWith("train/") && forbidden.includes(layerOf(to)));
  assert.deepEqual(named.map(shown), []);
});

/** The way by which loading `file` comes to load a file of lib/tensor, or null. */
function wayToTensors(file: string, way: string[] = []): string[] | null {
  const here = [...way, file];
  if (file.startsWith("tensor/")) return here;
  for (const { from, to, typeOnly } of arrows) {
    if (from !== file || typeOnly || way.includes(to)) continue;
    const found = wayToTensors(to, here);
    if (found) return found;
  }
  return null;
}

test("what runs on the application's thread does not load LibTorch", () => {
  const applicationSide = files.filter(
    (file) =>
      /^(data|tokenizer|cli)\//.test(file) ||
      /^session\/(model|fine-tune|predict-stream|compute-session|protocol|row-ports)\.ts$/.test(file) ||
      file === "index.ts",
  );
  assert.ok(applicationSide.length > 20);
  const ways = applicationSide.map((file) => wayToTensors(file)).filter((way) => way !== null);
  assert.deepEqual(
    ways.map((way) => way.join(" → ")),
    [],
  );
  assert.ok(wayToTensors("session/compute-thread.ts"), "the compute thread does, through import()");
});
