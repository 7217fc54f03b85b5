/**
 * The compute thread: LibTorch, the model and all training live here. It answers one message stream; see protocol.ts.
 */
import { MessagePort, parentPort } from "node:worker_threads";
import { LibbertError } from "../errors.js";
import type { TextClassifier } from "../tasks/text-classifier.js";
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
let classifier: TextClassifier | undefined;
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
    const { fineTuneClassification } = await import("../tasks/fine-tune-classification.js");
    const settings = {
      ...args,
      train: rowsOf(args.train, signal),
      validation: args.validation && rowsOf(args.validation, signal),
    };
    const tuned = await fineTuneClassification(settings, { signal, emit: emitterOf(id) });
    classifier = tuned.classifier;
    return { labels: classifier.labels, result: tuned.result };
  },

  async pretrain(settings, id, signal) {
    const { runPretraining } = await import("../tasks/pretraining/set-up.js");
    return runPretraining(settings, { signal, emit: emitterOf(id) });
  },

  async fillMask(settings) {
    const { fillMask } = await import("../tasks/fill-mask.js");
    return fillMask(settings);
  },

  async load({ directory, settings }) {
    const { TextClassifier } = await import("../tasks/text-classifier.js");
    classifier = await TextClassifier.load(directory, settings);
    return { labels: classifier.labels };
  },

  predict: ({ texts }, _, signal) => classifier!.predict(texts, signal),

  async evaluate({ source, columns }, _, signal) {
    const { readExamples } = await import("../tasks/read-examples.js");
    const examples = await readExamples(rowsOf(source, signal), classifier!, {
      name: "source",
      columns,
      signal,
    });
    return classifier!.evaluate(examples, signal);
  },

  async save({ directory, overwrite }) {
    const { prepareOutputDirectory } = await import("../tasks/output-directory.js");
    const saving = lastSave.then(() => {
      prepareOutputDirectory(directory, overwrite, "directory");
      return classifier!.save(directory);
    });
    lastSave = saving.catch(() => {});
    await saving;
    return null;
  },

  async dispose() {
    classifier?.dispose();
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
  const code = error instanceof LibbertError ? error.code : undefined;
  return { message: error.message, code, stack: error.stack };
}
