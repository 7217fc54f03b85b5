import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { SequenceHead } from "../../../lib/models/heads/sequence-head.js";
import { trainableModel } from "../../../lib/tasks/build-model.js";
import { multipleChoiceHead } from "../../../lib/tasks/multiple-choice/head.js";
import type { ChoiceEvaluation } from "../../../lib/tasks/multiple-choice/prediction.js";
import { chooseCompute } from "../../../lib/tensor/compute.js";
import { scope } from "../../../lib/tensor/scope.js";
import { totalsOn } from "../../../lib/train/totals.js";
import { DEVICE } from "../../support/device.js";
import { goldenPath } from "../../support/golden.js";

const CHOICES = ["good", "bad", "slow", "a great story, never dull"];
const rows = Array.from({ length: 6 }, (_, row) => ({
  context: row % 2 === 0 ? "the film" : "the cast of the story",
  question: "it was",
  choices: CHOICES,
  label: row % 4,
}));

for (const name of ["tiny-bert", "families/tiny-roberta"]) {
  test(`${name}: without dropout, the loss of a batch of items is that of the evaluation`, async () => {
    const checkpoint = await openCheckpoint(goldenPath(name));
    const maxSeqLength = 32;
    const run = {
      checkpoint,
      maxSeqLength,
      options: { calibrate: false },
      isEncoderFrozen: false,
      isGroupedByLength: false,
      notify() {},
    };
    const { config, train } = await multipleChoiceHead.prepare({ ...run, train: rows });
    assert.equal(multipleChoiceHead.continues(checkpoint, config), false);
    const compute = chooseCompute({ device: DEVICE, dtype: "float32" });
    const options = { compute, maxSeqLength, seed: 1, rates: {}, choices: {} };
    const { model } = trainableModel(multipleChoiceHead, checkpoint, config, options);
    try {
      assert.ok(model.network.head instanceof SequenceHead);
      assert.equal(model.network.head.pooler.dropout, null); // also in RoBERTa, whose classifier has one there
      const { loss, rows: counted } = (await model.evaluate(
        await model.read(rows, { name: "rows" }),
      )) as ChoiceEvaluation;
      assert.equal(counted, 6);
      const context = { seed: 1, epoch: 0, numbers: [0, 1, 2, 3, 4, 5] };
      const batch = model.batch(train, [0, 1, 2, 3, 4, 5], context);
      assert.deepEqual(model.counts(batch), { rows: 6 });
      assert.deepEqual(
        [...batch.packed.cuSeqlens].slice(1),
        cumulative(train.encodings.map(({ inputIds }) => inputIds.length)),
      );
      const [own] = scope(() => model.loss(batch, totalsOn(DEVICE, { rows: 6 })).toFloat32Array());
      // Sums in float32 here, in float64 there.
      assert.ok(Math.abs(own! - loss) < 1e-5, `${own} and ${loss}`);
    } finally {
      model.dispose();
    }
  });
}

function cumulative(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}
