import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { leastSearchCost, planSearch, SEARCH_GRIDS, type TrialCosts } from "../../lib/search/search-plan.js";
import { combinationsOf, type TrialSettings } from "../../lib/search/trials.js";

const batchOf = ({ batchSize = 32 }: TrialSettings) => batchSize as number;

/** Of rows of which each takes as long in batches of any size. */
function costsOf(rows: number, fixed: number, secondsPerRow: number, evaluation: number): TrialCosts {
  return {
    fixed,
    evaluation,
    update: (settings) => secondsPerRow * batchOf(settings),
    updatesPerEpoch: (settings) => Math.ceil(rows / batchOf(settings)),
  };
}

const seconds = (max: number) => fc.double({ min: 1e-3, max, noNaN: true });
const allCosts = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), seconds(10), seconds(0.1), seconds(20))
  .map((parts) => costsOf(...parts));

test("a search never costs more than its budget, and of two trials with an epoch none has less", () => {
  fc.assert(
    fc.property(seconds(1e5), allCosts, (amount, costs) => {
      const plan = planSearch(amount, SEARCH_GRIDS, costs);
      if (plan === null) return assert.ok(leastSearchCost(SEARCH_GRIDS, costs) > amount);
      assert.ok(plan.cost <= amount);
      assert.ok(plan.epochs <= 4);
      if (plan.epochs < 1) assert.equal(plan.grid, SEARCH_GRIDS.at(-1));
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
        const [less, more] = [amount, factor * amount].map((size) => planSearch(size, SEARCH_GRIDS, costs));
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
