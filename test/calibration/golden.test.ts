import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrateChoices } from "../../lib/calibration/calibrate.js";
import { predictionSet, predictionSetsFor } from "../../lib/calibration/prediction-sets.js";
import { probabilitiesOf, type ScoredRow } from "../../lib/calibration/scored-row.js";
import { bestTemperature } from "../../lib/calibration/temperature.js";
import { goldenJson } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

interface Sets {
  quantile: number;
  /** For each row a 1 for each class in its set. */
  sets: string[];
}

interface Case {
  logits: number[][];
  right: number[];
  coverage: number;
  temperature: { "scikit-learn": number; torch: number };
  lac: Sets;
  aps: Sets;
}

const { cases } = goldenJson<{ cases: Case[] }>("calibration.json");
const rowsOf = ({ logits, right }: Case): ScoredRow[] =>
  logits.map((row, index) => ({ logits: row, right: right[index]! }));

test("the temperature is that of torch's LBFGS in float64, and scikit-learn's as far as its search goes", () => {
  for (const one of cases) {
    const temperature = bestTemperature(rowsOf(one))!;
    assertClose([temperature], [one.temperature.torch], { relative: 1e-8 });
    assertClose([temperature], [one.temperature["scikit-learn"]], { relative: 1e-6 }); // its own tolerance is 1e-5
  }
});

test("at the temperature the loss is lower than a little beside it", () => {
  for (const one of cases) {
    const rows = rowsOf(one);
    const temperature = bestTemperature(rows)!;
    const lossAt = (t: number) =>
      rows.reduce((sum, { logits, right }) => sum - Math.log(probabilitiesOf(logits, t)[right]!), 0);
    for (const factor of [0.999, 1.001]) assert.ok(lossAt(temperature) < lossAt(temperature * factor));
    const { loss, temperature: found } = calibrateChoices(rows);
    assert.equal(found, temperature);
    assertClose(
      [loss!.before, loss!.after],
      [lossAt(1), lossAt(temperature)].map((sum) => sum / rows.length),
      {
        relative: 1e-12,
      },
    );
  }
});

test("quantiles and sets of LAC and APS are those of their definitions", () => {
  for (const { logits, right, coverage, ...golden } of cases) {
    const probabilities = logits.map((row) => probabilitiesOf(row));
    for (const method of ["lac", "aps"] as const) {
      const sets = predictionSetsFor({ method, coverage }, probabilities, right);
      assertClose([sets.quantile], [golden[method].quantile], { relative: 1e-12 });
      const bits = probabilities.map((row) => {
        const set = predictionSet(sets, row);
        return Array.from(row, (_, id) => Number(set.includes(id))).join("");
      });
      assert.deepEqual(bits, golden[method].sets);
    }
  }
});
