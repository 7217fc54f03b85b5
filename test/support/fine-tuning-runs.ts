/** Runs of fine-tuning that are stopped, and what they leave. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FineTuneEvent, FineTuneResult } from "../../lib/fine-tuning/events.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { withStoredSettings } from "../../lib/fine-tuning/stored-settings.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { settingsOf } from "../fine-tuning/settings.js";

export type SomeOptions = { outputDir: string } & Record<string, unknown>;

/** What a run told, and what it came to. */
export interface MadeRun {
  events: FineTuneEvent[];
  result: FineTuneResult;
}

/** Fine-tunes in this process and thread. @param onEvent may throw: the run ends there, and writes nothing more */
export async function run(
  options: SomeOptions,
  onEvent: (event: FineTuneEvent, count: number) => void = () => {},
  signal?: AbortSignal,
): Promise<MadeRun> {
  const events: FineTuneEvent[] = [];
  const emit = (event: FineTuneEvent) => onEvent(event, events.push(event));
  const settings = settingsOf(withStoredSettings(options, 1) as unknown as FineTuneOptions);
  const { model, result } = await fineTune(settings, { emit, signal });
  model.dispose();
  return { events, result };
}

/** The same, ended by a process that is killed as it tells one of its events. @param count the event's number, from 1 */
export async function killedRun(options: SomeOptions, count: number): Promise<void> {
  const killed = new Error("killed");
  await run(options, (_, told) => {
    if (told === count) throw killed;
  }).catch((error) => {
    if (error !== killed) throw error;
  });
}

export const resumed = (outputDir: string, more: object = {}) => run({ resume: true, outputDir, ...more });

export const noticesOf = (events: readonly FineTuneEvent[]) =>
  events.flatMap((event) => (event.type === "notice" ? event.message : []));

/** Everything that a run left, to compare bit for bit, without what depends on the clock and the call. */
export function remainsOf(outputDir: string) {
  const read = (name: string) => readFileSync(join(outputDir, name));
  const { history, metrics, bestStep, trainLoss, steps, seeds, stopped, stoppedEarly, data } = JSON.parse(
    read("training_report.json").toString(),
  );
  return {
    files: readdirSync(outputDir).sort(),
    model: read("model.safetensors").toString("base64"),
    config: read("config.json").toString(),
    report: { history, metrics, bestStep, trainLoss, steps, seeds, stopped, stoppedEarly, data },
  };
}

export const isResumable = (outputDir: string) => existsSync(join(outputDir, "snapshots/settings.json"));
