import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

/** Folders and single files of lib/, each of which may import only itself and those before it. */
const LAYERS = [
  "text-format.ts",
  "errors.ts",
  "warn.ts",
  "is-object.ts",
  "counter-random.ts",
  "arrays.ts",
  "logistic.ts",
  "thread-file.ts",
  "files",
  "net",
  "hub",
  "runtime",
  "tokenizer",
  "options",
  "tensor",
  "nn",
  "models",
  "data",
  "metrics",
  "calibration",
  "optim",
  "card",
  "report",
  "checkpoint",
  "distributed",
  "train",
  "budget",
  "tensorboard",
  "snapshots",
  "inference",
  "features",
  "retrieval",
  "explanation",
  "onnx",
  "tasks",
  "ranking",
  "fine-tuning",
  "pre-training",
  "search",
  "inspection",
  "session",
  "serving",
  "index.ts",
  "torch.ts",
  "fastify.ts",
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
const pointsDown = ({ from, to }: Arrow) => layerOf(to) > layerOf(from);

test("the import lines are read: every arrow ends at a file, and those that are known are among them", () => {
  assert.deepEqual(arrows.filter(({ to }) => !files.includes(to)).map(shown), []);
  const has = (from: string, to: string, typeOnly: boolean) =>
    assert.ok(
      arrows.some((a) => a.from === from && a.to === to && a.typeOnly === typeOnly),
      `${from} → ${to}`,
    );
  has("nn/linear.ts", "tensor/tensor.ts", false);
  has("nn/functional.ts", "tensor/random.ts", false);
  has("models/bert/residual-output.ts", "tensor/tensor.ts", true);
  has("session/load-saved.ts", "tasks/task-model.ts", true); // import type
  has("session/compute-thread.ts", "session/load-saved.ts", false); // await import()
  has("tasks/specs.ts", "tasks/classification/spec.ts", false); // export * from
  has("index.ts", "errors.ts", false); // export … from
});

test("every file of lib/ belongs to a layer, and every layer is there", () => {
  assert.deepEqual(
    files.filter((file) => layerOf(file) < 0),
    [],
  );
  assert.deepEqual(
    LAYERS.filter((_, layer) => !files.some((file) => layerOf(file) === layer)),
    [],
  );
});

test("the README lists the folders in the order of the layers", () => {
  const listed = [...readFileSync("README.md", "utf8").matchAll(/^lib\/([a-z-]+)\/ /gm)].map(
    ([, name]) => name,
  );
  assert.deepEqual(
    listed,
    LAYERS.filter((layer) => !layer.endsWith(".ts")),
  );
});

test("no import points down the list of layers, not even for a type", () => {
  assert.ok(pointsDown({ from: "tensor/tensor.ts", to: "nn/linear.ts", typeOnly: true }));
  assert.deepEqual(arrows.filter(pointsDown).map(shown), []);
});

test("no files of lib/ import each other in a circle, not even for a type", () => {
  const arrow = (from: string, to: string) => ({ from, to, typeOnly: true });
  assert.deepEqual(circlesOf([arrow("a", "b"), arrow("b", "c"), arrow("a", "c")]), []);
  assert.deepEqual(circlesOf([arrow("a", "b"), arrow("b", "c"), arrow("c", "b"), arrow("d", "d")]), [
    "b → c → b",
    "d → d",
  ]);
  assert.deepEqual(circlesOf(arrows), []);
});

/** The shortest circle through each file that lies on one, each circle once. */
function circlesOf(all: readonly Arrow[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of all) targets.set(from, [...(targets.get(from) ?? []), to]);
  const circles = new Map<string, string>();
  for (const file of targets.keys()) {
    const circle = shortestWay(targets, file);
    const key = circle && [...new Set(circle)].sort().join(" ");
    if (key && !circles.has(key)) circles.set(key, circle.join(" → "));
  }
  return [...circles.values()];
}

/** The shortest way from a file back to itself, if there is one. */
function shortestWay(targets: ReadonlyMap<string, readonly string[]>, file: string): string[] | undefined {
  const seen = new Set<string>();
  let ways = [[file]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const target of targets.get(way.at(-1)!) ?? []) {
        if (target === file) return [...way, target];
        if (seen.has(target)) continue;
        seen.add(target);
        longer.push([...way, target]);
      }
    }
    ways = longer;
  }
  return undefined;
}

/** What all tasks about whole texts share: a folder among the tasks' own. */
const SHARED_BY_TASKS = "texts";

const taskFolderOf = (file: string) => /^tasks\/([^/]+)\//.exec(file)?.[1];

test("no task knows another: a task's folder imports no other task's, only what all tasks, or all about texts, share", () => {
  const folders = new Set(files.map(taskFolderOf).filter((folder) => folder !== undefined));
  assert.ok(folders.has(SHARED_BY_TASKS) && folders.size >= 8);
  const strays = arrows.filter(({ from, to }) => {
    const [own, other] = [taskFolderOf(from), taskFolderOf(to)];
    return own && other && own !== other && other !== SHARED_BY_TASKS;
  });
  assert.deepEqual(strays.map(shown), []);
});

test("outside the tasks' folders only the registries name a task; GLUE is about tasks of its own", () => {
  const mayName = /^(tasks\/(specs|heads)\.ts|fine-tuning\/glue\/.*)$/;
  const strays = arrows.filter(({ from, to, typeOnly }) => {
    const task = taskFolderOf(to);
    return !typeOnly && task && task !== SHARED_BY_TASKS && !taskFolderOf(from) && !mayName.test(from);
  });
  assert.deepEqual(strays.map(shown), []);
});

test("each task has a spec and a head, one line each in their registries", () => {
  const tasks = [...new Set(files.map(taskFolderOf))].filter(
    (folder) => folder && folder !== SHARED_BY_TASKS,
  );
  for (const part of ["spec", "head"]) {
    const named = arrows.filter(({ from, to }) => from === `tasks/${part}s.ts` && taskFolderOf(to));
    const listed = named.map(({ to }) => to);
    assert.deepEqual(listed, tasks.map((task) => `tasks/${task}/${part}.ts`).sort());
  }
});

test("the training loop names no model, tokenizer or data", () => {
  const forbidden = ["models", "tokenizer", "data", "checkpoint"].map((layer) => LAYERS.indexOf(layer));
  const named = arrows.filter(({ from, to }) => from.startsWith("train/") && forbidden.includes(layerOf(to)));
  assert.deepEqual(named.map(shown), []);
});

/** The way by which loading `file` comes to load a file that is wanted, or null. */
function wayTo(isWanted: (file: string) => boolean, file: string, seen = new Set<string>()): string[] | null {
  if (isWanted(file)) return [file];
  seen.add(file);
  for (const { from, to, typeOnly } of arrows) {
    if (from !== file || typeOnly || seen.has(to)) continue;
    const found = wayTo(isWanted, to, seen);
    if (found) return [file, ...found];
  }
  return null;
}

const wayToTensors = (file: string) => wayTo((other) => other.startsWith("tensor/"), file);

test("what runs on the application's thread does not load LibTorch", () => {
  const applicationSide = files.filter(
    (file) =>
      /^(data|tokenizer|options|metrics|cli)\//.test(file) ||
      /^search\/[^/]+-options\.ts$/.test(file) ||
      (file.startsWith("session/") && !/\/(compute-thread|load-saved)\.ts$/.test(file)) ||
      ["fine-tuning/options.ts", "pre-training/options.ts", "tasks/specs.ts", "index.ts"].includes(file),
  );
  for (const folder of ["data", "tokenizer", "options", "metrics", "cli", "search", "session"])
    assert.ok(
      applicationSide.some((file) => file.startsWith(`${folder}/`)),
      folder,
    );
  const ways = applicationSide.map(wayToTensors).filter((way) => way !== null);
  assert.deepEqual(
    ways.map((way) => way.join(" → ")),
    [],
  );
  assert.ok(wayToTensors("session/compute-thread.ts"), "the compute thread does, through import()");
  assert.ok(wayToTensors("tasks/heads.ts"), "and so do the heads");
});

test("specs load no head, and no model", () => {
  const way = wayTo((file) => /(^|[/-])head\.ts$|^tasks\/task-model\.ts$/.test(file), "tasks/specs.ts");
  assert.equal(way, null);
  assert.ok(wayTo((file) => file.endsWith("/text-head.ts"), "tasks/heads.ts"));
});
