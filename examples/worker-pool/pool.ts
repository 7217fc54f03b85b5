import { Worker } from "node:worker_threads";
import type { ClassificationPrediction } from "../../lib/index.js";
import type { FromWorker, WorkerSettings } from "./worker.js";

/** Texts that wait for a worker, or that one has. */
interface Task {
  texts: readonly string[];
  /** How many workers ended while they had it. */
  ended: number;
  resolve(predictions: ClassificationPrediction[]): void;
  reject(error: Error): void;
}

interface Member {
  worker: Worker;
  isReady: boolean;
  task?: Task | undefined;
}

export interface PoolSettings extends WorkerSettings {
  workers: number;
  /** What a worker runs. Default: worker.js, which predicts */
  script?: URL;
}

/** Enough to fill a batch, and few enough to share out. */
const TEXTS_PER_TASK = 32;
/** After so many ends in a row the task, or the model that does not load, is taken for the reason. */
const MOST_ENDS = 3;

/**
 * Models on threads of their own, which answer from one queue. When a worker ends, another takes its place, and what it had is done again
 * before anything else: predicting changes nothing, so no answer is lost and none is given twice.
 */
export class ModelPool implements AsyncDisposable {
  readonly #settings: PoolSettings;
  readonly #members = new Set<Member>();
  readonly #queue: Task[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #replaced = 0;
  #failedStarts = 0;
  #isClosing = false; // and takes no more texts
  #end: Error | undefined; // why nothing is answered any more

  private constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** @throws what `loadModel()` throws in a worker */
  static async open(settings: PoolSettings): Promise<ModelPool> {
    const pool = new ModelPool(settings);
    try {
      await Promise.all(Array.from({ length: settings.workers }, () => pool.#start()));
      return pool;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The threads that are there now. */
  get workers(): Worker[] {
    return [...this.#members].map(({ worker }) => worker);
  }

  /** How many workers took the place of others. */
  get replaced(): number {
    return this.#replaced;
  }

  /** Predictions in the order of the texts. @throws what the model throws; an error for texts whose workers end again and again */
  async predict(texts: readonly string[]): Promise<ClassificationPrediction[]> {
    const parts = Array.from({ length: Math.ceil(texts.length / TEXTS_PER_TASK) }, (_, part) =>
      texts.slice(part * TEXTS_PER_TASK, (part + 1) * TEXTS_PER_TASK),
    );
    const answer = Promise.all(parts.map((part) => this.#enqueue(part)));
    this.#underWay.add(answer);
    const ended = () => this.#underWay.delete(answer);
    answer.then(ended, ended);
    return (await answer).flat();
  }

  /** Answers what was accepted, and ends the workers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#underWay);
    this.#end = new Error("The pool was closed");
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  #enqueue(texts: readonly string[]): Promise<ClassificationPrediction[]> {
    if (this.#end || this.#isClosing) return Promise.reject(this.#end ?? new Error("The pool was closed"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ texts, ended: 0, resolve, reject });
      this.#assign();
    });
  }

  /** A worker has one task at a time: those that wait go to whoever is free first. */
  #assign(): void {
    for (const member of this.#members) {
      if (!member.isReady || member.task) continue;
      member.task = this.#queue.shift();
      if (member.task) member.worker.postMessage(member.task.texts);
    }
  }

  /** Starts a worker, and waits until it is ready. @throws what it ended with */
  #start(): Promise<void> {
    const { model, threads, script = new URL("./worker.js", import.meta.url) } = this.#settings;
    const worker = new Worker(script, { workerData: { model, threads } });
    const member: Member = { worker, isReady: false };
    this.#members.add(member);
    let reason: Error | undefined;
    worker.on("error", (error: Error) => {
      reason = error; // its exit follows
    });
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        this.#receive(member, message);
        resolve();
      });
      worker.on("exit", (code) => {
        reason ??= new Error(`A worker ended with code ${code}`);
        this.#members.delete(member);
        this.#replace(member, reason);
        reject(reason);
      });
    });
  }

  #receive(member: Member, message: FromWorker): void {
    const { task } = member;
    member.task = undefined;
    if (message.type === "ready") {
      member.isReady = true;
      this.#failedStarts = 0;
    } else if (message.type === "predictions") task!.resolve(message.predictions);
    else task!.reject(new Error(message.message));
    this.#assign();
  }

  #replace({ isReady, task }: Member, reason: Error): void {
    if (task && ++task.ended < MOST_ENDS) this.#queue.unshift(task);
    else task?.reject(new Error(`${MOST_ENDS} workers ended with these texts`, { cause: reason }));
    if (this.#end) return;
    if (!isReady) this.#failedStarts++;
    if (this.#failedStarts < MOST_ENDS) {
      this.#replaced++;
      this.#start().catch(() => {}); // replaced in its turn
    } else if (this.#members.size === 0) {
      this.#end = reason;
      for (const { reject } of this.#queue.splice(0)) reject(reason);
    }
  }
}
