import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultGrids, leastSearchCost, planSearch, type TrialCosts } from "../../lib/search/search-plan.js";
import { combinationsOf, type TrialSettings } from "../../lib/search/trials.js";

const GRIDS = defaultGrids(true, {});

const batchOf = ({ batchSize = 32 }: TrialSettings) => batchSize as number;

/** Of rows of which each takes as long in batches of any size. */
function costsOf(
  rows: number,
  fixed: number,
  secondsPerRow: number,
  evaluation: number,
  evaluateEvery?: number,
): TrialCosts {
  return {
    fixed,
    evaluation,
    evaluateEvery: () => evaluateEvery,
    update: (settings) => secondsPerRow * batchOf(settings),
    updatesPerEpoch: (settings) => Math.ceil(rows / batchOf(settings)),
  };
}

const seconds = (max: number) => fc.double({ min: 1e-3, max, noNaN: true });
const allCosts = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), seconds(10), seconds(0.1), seconds(20))
  .map((parts) => costsOf(...parts));

test("a search never costs more than its budget, nor trains for more than four epochs, nor for less than one while a smaller grid is left", () => {
  fc.assert(
    fc.property(seconds(1e5), allCosts, (amount, costs) => {
      const plan = planSearch(amount, GRIDS, costs);
      if (plan === null) return assert.ok(leastSearchCost(GRIDS, costs) > amount);
      assert.ok(plan.cost <= amount);
      assert.ok(plan.epochs <= 4);
      if (plan.epochs < 1) assert.equal(plan.grid, GRIDS.at(-1));
    }),
  );
});

test("a larger budget makes no fewer trials, and as many of them no shorter", () => {
  const trialsOf = (plan: ReturnType<typeof planSearch>) => (plan ? combinationsOf(plan.grid).length : 0);
  fc.assert(
    fc.property(
      seconds(1e5),
      fc.double({ min: 1, max: 3, noNaN: true }),
      allCosts,
      (amount, factor, costs) => {
        const [less, more] = [amount, factor * amount].map((size) => planSearch(size, GRIDS, costs));
        assert.ok(trialsOf(more!) >= trialsOf(less!));
        if (trialsOf(more!) === trialsOf(less!)) assert.ok((more?.epochs ?? 0) >= (less?.epochs ?? 0));
      },
    ),
  );
});

test("a grid that is given is kept", () => {
  const grid = { learningRate: [1e-5], maxSeqLength: [64, 128] };
  assert.equal(planSearch(1000, [grid], costsOf(100, 1, 0.1, 1))!.grid, grid);
});

test("evaluations within an epoch are part of what a trial costs", () => {
  const grid = { learningRate: [1e-5] };
  const cost = (evaluateEvery?: number) =>
    planSearch(1e9, [grid], costsOf(320, 1, 0.01, 5, evaluateEvery))!.cost;
  const updates = 40 * 0.32; // 4 epochs of 10
  assert.equal(cost(), 1 + updates + 4 * 5);
  assert.equal(cost(4), 1 + updates + (4 + 10) * 5); // after every 4th, too: at most
});

test("what a call gives is no part of a default grid, and a call that gives all of it is refused", () => {
  const [batchSize, learningRate] = [
    [16, 32],
    [5e-5, 3e-5, 2e-5],
  ];
  assert.deepEqual(defaultGrids(false, { epochs: 2 }), [{ batchSize, learningRate }]);
  assert.deepEqual(defaultGrids(true, { batchSize: 8 }), [{ learningRate }, { learningRate: [5e-5, 2e-5] }]);
  assert.deepEqual(defaultGrids(true, { learningRate: 1e-4 }), [{ batchSize }]);
  assert.throws(() => defaultGrids(true, { batchSize: 8, learningRate: 1e-4 }), {
    message:
      "Expected values to try, as the call has batchSize, learningRate already, for grid but received undefined",
  });
});
