import { openCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { fineTuneOptions, ownOptions } from "../../lib/fine-tuning/options.js";
import { parseCall } from "../../lib/session/parse-call.js";
import type { Prepared } from "../../lib/tasks/head.js";
import { headOf } from "../../lib/tasks/heads.js";
import { TINY } from "../session/support.js";

/** The rows of a run of the tiny model, as they are before the first update. */
export async function preparedRows(options: Record<string, unknown>): Promise<Prepared> {
  const settings = parseCall(fineTuneOptions, { model: TINY, ...options });
  const { task, train, validation } = settings;
  const head = await headOf(task);
  return head.prepare({
    checkpoint: await openCheckpoint(TINY),
    maxSeqLength: 32,
    options: ownOptions(head.spec, settings),
    isEncoderFrozen: false,
    isGroupedByLength: false,
    train: train as never,
    validation: validation as never,
    notify() {},
  });
}
