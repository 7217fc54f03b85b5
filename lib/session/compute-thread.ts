/**
 * The compute thread: LibTorch, the model and all training live here. It answers one message stream; see protocol.ts.
 */
import { MessagePort, parentPort } from "node:worker_threads";
import { clockSince } from "../budget/clock.js";
import type { RowInput } from "../data/readers/rows.js";
import { type ErrorCode, LibbertError } from "../errors.js";
import type { SavedEncoder } from "../features/saved-encoder.js";
import { readSettled } from "../files/settled-directory.js";
import type { FineTuneSettings } from "../fine-tuning/options.js";
import type { OpenIndexes } from "../retrieval/open-indexes.js";
import { releaseFreedMemory } from "../runtime/load.js";
import type { FindLearningRateSettings } from "../search/find-learning-rate-options.js";
import type { TaskModel } from "../tasks/task-model.js";
import { isOutOfMemory } from "../train/out-of-memory.js";
import { warningsOfThreadTo } from "../warn.js";
import type {
  FromCompute,
  RequestKind,
  Requests,
  SessionEvent,
  ToCompute,
  WireError,
  WireSource,
} from "./protocol.js";
import { pullRows } from "./row-ports.js";

const port = parentPort!;
const running = new Map<number, AbortController>();
let taskModel: TaskModel | undefined;
let encoder: SavedEncoder | undefined; // where there is no task
let indexes: OpenIndexes | undefined; // of vectors that are searched

type Handlers = {
  [Kind in RequestKind]: (
    args: Requests[Kind]["arguments"],
    id: number,
    signal: AbortSignal,
  ) => Promise<Requests[Kind]["answer"]>;
};

// Modules that load LibTorch are imported when they are first needed: a failure then answers the request.
const handlers: Handlers = {
  async fineTune({ snapshotsIn, begun, ...args }, id, signal) {
    const clock = clockSince(begun);
    const { fineTune } = await import("../fine-tuning/fine-tune.js");
    const settings = withRows<FineTuneSettings>(args, signal);
    const tuned = await fineTune(settings, { signal, emit: emitterOf(id), snapshotsIn, clock });
    taskModel = tuned.model;
    return { labels: taskModel.config.labels, result: tuned.result };
  },

  async measureTrial({ begun, batchSizes, mostSeconds, ...args }, id, signal) {
    const clock = clockSince(begun);
    const { measureTrial } = await import("../fine-tuning/measure-trial.js");
    const settings = withRows<FineTuneSettings>(args, signal);
    return measureTrial(settings, { batchSizes, mostSeconds }, { signal, emit: emitterOf(id), clock });
  },

  async findLearningRate(args, id, signal) {
    const { findLearningRate } = await import("../search/find-learning-rate.js");
    const settings = withRows<FindLearningRateSettings>(args, signal);
    return findLearningRate(settings, { signal, emit: emitterOf(id) });
  },

  async inspectData({ data, against, ...settings }, id, signal) {
    const { inspectData } = await import("../inspection/inspect-data.js");
    const rows = {
      data: rowsOf(data, signal),
      ...(against !== undefined && { against: rowsOf(against, signal) }),
    };
    return inspectData({ ...settings, ...rows }, { signal, emit: emitterOf(id) });
  },

  async pretrain({ begun, ...settings }, id, signal) {
    const clock = clockSince(begun);
    const { runPretraining } = await import("../pre-training/pretrain.js");
    return runPretraining(settings, { signal, emit: emitterOf(id), clock });
  },

  async longestSequence({ directory }) {
    const { readConfig } = await import("../checkpoint/model-directory.js");
    const { longestSequence } = await import("../models/encoder-config.js");
    return longestSequence(await readSettled(directory, async () => readConfig(directory).encoder));
  },

  async chooseComputes(asked) {
    const { chooseCompute } = await import("../tensor/compute.js");
    const { computedOn } = await import("../snapshots/computed-on.js");
    return asked.map((settings) => {
      const compute = chooseCompute(settings);
      return { dtype: compute.dtype, computedOn: computedOn(compute) };
    });
  },

  async checkRanks({ rankTimeout }, _, signal) {
    const { checkRanks } = await import("../distributed/check-ranks.js");
    return checkRanks(rankTimeout, signal);
  },

  async load({ directory, settings }, _, signal) {
    const { loadSaved } = await import("./load-saved.js");
    signal.throwIfAborted();
    const loaded = await loadSaved(directory, settings);
    if (loaded.kind === "features") encoder = loaded.model;
    else taskModel = loaded.model;
    releaseFreedMemory(); // what loading needed, and what the thread before this one left
    const { kind, notices } = loaded;
    const { config, calibration = null } = taskModel ?? {};
    return { kind, labels: config?.labels ?? [], calibration, notices };
  },

  async convert({ model, outputDir, overwrite }, id, signal) {
    const { convertModel } = await import("../checkpoint/convert-model.js");
    const { openOutputDirectory } = await import("../files/output-directory.js");
    using output = await openOutputDirectory(outputDir, { overwrite, signal });
    const notify = (message: string) => emitterOf(id)({ type: "notice", message });
    if (output.notice) notify(output.notice);
    return await convertModel(model, output, { notify, signal }); // the directory is this process's until then
  },

  predict: ({ inputs, options, mayCut }, _, signal) => taskModel!.predict(inputs, options, signal, mayCut),

  async score({ pairs, settings, mayCut }, _, signal) {
    const { pairScores } = await import("../ranking/pair-scores.js");
    return pairScores(taskModel!, pairs, settings, signal, mayCut);
  },

  explain: ({ input, settings }, _, signal) => taskModel!.explain(input, settings, signal),

  async evaluate(args, _, signal) {
    const { model, rows } = await readRows(args, signal);
    return model.evaluate(rows, signal);
  },

  async calibrate({ choices, ...args }, _, signal) {
    const { rows } = await readRows(args, signal);
    return taskModel!.calibrate(rows, choices, signal);
  },

  features: ({ inputs, settings }, _, signal) => anyModel().features.extract(inputs, settings, signal),
  embed: ({ inputs, settings, mayCut }, _, signal) =>
    anyModel().features.embed(inputs, settings, signal, mayCut),
  similarity: async ({ a, b }) => anyModel().features.similarity(a, b),

  async openIndex({ similarity, dim, threads }) {
    const { OpenIndexes } = await import("../retrieval/open-indexes.js");
    const { useThreads } = await import("../tensor/threads.js");
    if (!taskModel && !encoder) useThreads(threads);
    indexes ??= new OpenIndexes();
    const chosen = similarity ?? anyModel().features.similarityName;
    return { index: indexes.open(chosen, dim), similarity: chosen };
  },

  async addVectors({ index, values }) {
    indexes!.of(index).add(values);
    return null;
  },

  searchIndex: ({ index, queries, topK }, _, signal) => indexes!.of(index).search(queries, topK, signal),

  async closeIndex({ index }) {
    indexes!.close(index);
    return null;
  },

  async save({ outputDir, overwrite, terms, newVectors }) {
    const { openOutputDirectory } = await import("../files/output-directory.js");
    using output = await openOutputDirectory(outputDir, { overwrite, purpose: "save" });
    await anyModel().save(output, { terms, newVectors });
    return null;
  },

  async exportOnnx({ outputDir, dtypes, overwrite }) {
    const { openOutputDirectory } = await import("../files/output-directory.js");
    const { exportOnnx } = await import("../onnx/export-model.js");
    using output = await openOutputDirectory(outputDir, { overwrite, purpose: "save" });
    return await exportOnnx(output, anyModel().toSave(), dtypes);
  },

  async dispose() {
    taskModel?.dispose();
    encoder?.dispose();
    indexes?.dispose();
    port.unref(); // nothing else keeps this thread alive
    releaseFreedMemory();
    return null;
  },
};

warningsOfThreadTo((message) => send({ type: "warning", message }));

port.on("message", async (message: ToCompute) => {
  if (message.type === "abort") {
    running.get(message.id)?.abort();
    return;
  }
  const { id, kind } = message;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const handle = handlers[kind] as (args: unknown, id: number, signal: AbortSignal) => Promise<unknown>;
    const answer = await handle(message.arguments, id, controller.signal);
    send({ id, type: "answer", answer });
  } catch (error) {
    send({ id, type: "error", error: toWire(error) });
  } finally {
    running.delete(id);
  }
});

function anyModel(): TaskModel | SavedEncoder {
  return taskModel ?? encoder!;
}

function emitterOf(id: number) {
  return (event: SessionEvent<RequestKind>) => send({ id, type: "event", event });
}

function send(message: FromCompute): void {
  port.postMessage(message);
}

/** Settings whose rows can be read. */
function withRows<Settings>(
  args: { train: WireSource; validation?: WireSource },
  signal: AbortSignal,
): Settings {
  const { train, validation } = args;
  const sources = {
    train: rowsOf(train, signal),
    validation: validation === undefined ? undefined : rowsOf(validation, signal),
  };
  return { ...args, ...sources } as Settings;
}

/** Labelled rows, and the model with the names that they have for its labels. */
async function readRows(args: Requests["evaluate"]["arguments"], signal: AbortSignal) {
  const { source, columns, columnNames, labels } = args;
  const model = labels === undefined ? taskModel! : taskModel!.labelled(labels);
  const rows = await model.read(rowsOf(source, signal), { name: "source", columns, columnNames, signal });
  return { model, rows };
}

function rowsOf(source: WireSource, signal: AbortSignal): RowInput {
  return source instanceof MessagePort ? { arrays: pullRows(source, signal) } : source;
}

function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  if (error instanceof LibbertError) return { message, code: error.code, option: error.option, stack };
  return { message, code: codeOf(error), stack };
}

/** Of an error that another than libbert made: LibTorch's, whose message tells, or the operating system's. */
function codeOf(error: Error): ErrorCode | undefined {
  if (isOutOfMemory(error)) return "ERR_OUT_OF_MEMORY";
  return "syscall" in error ? "ERR_RUNTIME" : undefined;
}
