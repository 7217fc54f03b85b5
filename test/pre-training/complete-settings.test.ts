import assert from "node:assert/strict";
import { test } from "node:test";
import { completeSettings } from "../../lib/pre-training/complete-settings.js";
import { pretrainOptions } from "../../lib/pre-training/options.js";

function completed(options: object) {
  return completeSettings(pretrainOptions.parse({ outputDir: "out", ...options }));
}

/** Each option alone beside the others is refused by its name. */
function assertRefused(others: object, options: Record<string, unknown>, message: RegExp): void {
  for (const [option, value] of Object.entries(options)) {
    assert.throws(() => completed({ ...others, [option]: value }), { code: "ERR_OPTION", option, message });
  }
}

test("a new model of masked words has the paper's settings for what is not given", () => {
  const { size, dropout, maskRate, maskSplit, wholeWord } = completed({ maskRate: 0.3 });
  assert.deepEqual([size, dropout, maskRate, maskSplit, wholeWord], ["base", 0.1, 0.3, "80/10/10", false]);
});

test("size and dropout beside continueFrom are refused, their defaults too, and the run has none", () => {
  const message =
    /^Expected no value, as the checkpoint in continueFrom has its own \(leave it out\), for (size|dropout) but received ("base"|0.1)$/;
  assertRefused({ continueFrom: "dir" }, { size: "base", dropout: 0.1 }, message);
  const { size, dropout } = completed({ continueFrom: "dir" });
  assert.deepEqual([size, dropout], [undefined, undefined]);
});

test("options of masked words with objective causal are refused, their defaults too, and the run has none", () => {
  const options = { maskRate: 0.15, maskSplit: "80/10/10", wholeWord: false, maxPredictionsPerSequence: 20 };
  const message = /^Expected no value, as objective "causal" masks no words \(leave it out\), for \w+ but/;
  assertRefused({ objective: "causal" }, options, message);
  assert.equal(completed({ objective: "causal" }).maskRate, undefined);
  assert.equal(completed({ objective: "mlm", ...options }).maxPredictionsPerSequence, 20);
});

test("changeSchedule without resume is refused", () => {
  const message = "Expected resume: true beside it for changeSchedule but received true";
  assert.throws(() => completed({ changeSchedule: true }), {
    code: "ERR_OPTION",
    option: "changeSchedule",
    message,
  });
  assert.equal(completed({ changeSchedule: true, resume: true }).changeSchedule, true);
});
