/**
 * The compute thread: LibTorch, the model and all training live here. It answers one message stream; see protocol.ts.
 */
import { MessagePort, parentPort } from "node:worker_threads";
import { LibbertError } from "../errors.js";
import type { LoadedModel } from "../tasks/fine-tuning/loaded-model.js";
import type { FineTuneResult } from "../tasks/fine-tuning/progress.js";
import type { TaskModel } from "../tasks/fine-tuning/task-model.js";
import { isOutOfMemory } from "../train/out-of-memory.js";
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
let model: LoadedModel | undefined;
let taskModel: TaskModel | undefined; // the same, unless it is an encoder alone
let lastSave: Promise<void> = Promise.resolve(); // saves take turns: two at once would mix in one directory

type Handlers = {
  [Kind in RequestKind]: (
    args: Requests[Kind]["arguments"],
    id: number,
    signal: AbortSignal,
  ) => Promise<Requests[Kind]["answer"]>;
};

// Modules that load LibTorch are imported when they are first needed: a failure then answers the request.
const handlers: Handlers = {
  async fineTune(args, id, signal) {
    const { fineTune } = await import("../tasks/fine-tuning/fine-tune.js");
    const settings = {
      ...args,
      train: rowsOf(args.train, signal),
      validation: args.validation && rowsOf(args.validation, signal),
    };
    const tuned = await fineTune(settings, { signal, emit: emitterOf(id) });
    model = taskModel = tuned.model;
    return { labels: model.labels, result: tuned.result as FineTuneResult<never> };
  },

  async findLearningRate(args, id, signal) {
    const { findLearningRate } = await import("../tasks/fine-tuning/find-learning-rate.js");
    return findLearningRate({ ...args, train: rowsOf(args.train, signal) }, { signal, emit: emitterOf(id) });
  },

  async pretrain(settings, id, signal) {
    const { runPretraining } = await import("../tasks/pretraining/set-up.js");
    return runPretraining(settings, { signal, emit: emitterOf(id) });
  },

  async checkRanks({ rankTimeout }, _, signal) {
    const { checkRanks } = await import("../tasks/ranks-check.js");
    return checkRanks(rankTimeout, signal);
  },

  async fillMask(settings) {
    const { fillMask } = await import("../tasks/fill-mask.js");
    return fillMask(settings);
  },

  async load({ directory, settings }) {
    const { loadTaskModel } = await import("../tasks/fine-tuning/tasks.js");
    const loaded = await loadTaskModel(directory, settings);
    model = loaded.model;
    if (loaded.task !== "features") taskModel = loaded.model;
    return { task: loaded.task, labels: model.labels };
  },

  predict: ({ inputs, options }, _, signal) => taskModel!.predict(inputs, options, signal),

  async evaluate({ source, columns }, _, signal) {
    const examples = await taskModel!.read(rowsOf(source, signal), { name: "source", columns, signal });
    return taskModel!.evaluate(examples, signal);
  },

  features: ({ inputs, settings }, _, signal) => model!.features.extract(inputs, settings, signal),
  embed: ({ inputs }, _, signal) => model!.features.embed(inputs, signal),

  async save({ directory, overwrite }) {
    const { prepareOutputDirectory } = await import("../tasks/output-directory.js");
    const saving = lastSave.then(() => {
      prepareOutputDirectory(directory, overwrite, "directory");
      return model!.save(directory);
    });
    lastSave = saving.catch(() => {});
    await saving;
    return null;
  },

  async dispose() {
    model?.dispose();
    port.unref(); // nothing else keeps this thread alive
    return null;
  },
};

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

function emitterOf(id: number) {
  return (event: SessionEvent<RequestKind>) => send({ id, type: "event", event });
}

function send(message: FromCompute): void {
  port.postMessage(message);
}

function rowsOf(source: WireSource, signal: AbortSignal) {
  return source instanceof MessagePort ? pullRows(source, signal) : source;
}

function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { message: String(error) };
  const isOurs = error instanceof LibbertError || isOutOfMemory(error); // LibTorch's own has the code alone
  const code = isOurs ? (error as LibbertError).code : undefined;
  return { message: error.message, code, stack: error.stack };
}
