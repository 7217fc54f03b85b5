import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { leastCost, longestPlan, type Planning, snapshotSeconds } from "../../lib/budget/plan.js";

const updateCost = fc.double({ min: 1e-3, max: 10, noNaN: true });
const evaluationUpdates = fc.double({ min: 0, max: 200, noNaN: true });

/** A training of any length and costs, and a budget for it. */
const plannings: fc.Arbitrary<Planning> = fc
  .record({
    amount: fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
    fixed: fc.double({ min: 0, max: 100, noNaN: true }),
    update: updateCost,
    evaluationUpdates,
    epoch: fc.option(fc.integer({ min: 1, max: 5000 })),
    evaluateEvery: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
    mostUpdates: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: 1e9 }),
  })
  .map(({ fixed, update, ...planning }) => ({
    ...planning,
    costs: { fixed, update, evaluation: update * planning.evaluationUpdates },
  }));

/** What a training takes whose evaluations are counted one by one, those that are due for two reasons once, or at most, twice. */
function simulatedCosts(
  updates: number,
  every: number | undefined,
  { costs, epoch }: Pick<Planning, "costs" | "epoch">,
): { once: number; twice: number } {
  let [once, twice] = [costs.fixed, costs.fixed];
  for (let step = 1; step <= updates; step++) {
    const reasons = [epoch, every].filter((period) => period != null && step % period === 0).length;
    const due = Math.max(reasons, Number(step === updates));
    once += costs.update + Math.min(due, 1) * costs.evaluation;
    twice += costs.update + due * costs.evaluation;
  }
  return { once, twice };
}

test("a plan never costs more than the budget, and a training of one update more would, or more than is sensible", () => {
  fc.assert(
    fc.property(plannings, (planning) => {
      const plan = longestPlan(planning);
      if (plan === null) return assert.ok(leastCost(planning) > planning.amount);
      assert.ok(plan.cost <= planning.amount);
      assert.ok(plan.updates >= 1 && plan.updates <= planning.mostUpdates!);
      if (plan.updates > 20_000) return;
      assert.ok(simulatedCosts(plan.updates, plan.evaluateEvery, planning).once <= plan.cost * (1 + 1e-9));
      if (plan.updates === planning.mostUpdates) return;
      const oneMore = simulatedCosts(plan.updates + 1, plan.evaluateEvery, planning).twice;
      assert.ok(oneMore > planning.amount * (1 - 1e-9));
    }),
  );
});

test("evaluations that are given are kept, and those that are chosen take at most a tenth of the updates' time", () => {
  fc.assert(
    fc.property(plannings, (planning) => {
      const plan = longestPlan(planning);
      if (plan === null) return;
      const { updates, evaluateEvery } = plan;
      if (planning.evaluateEvery !== undefined) return assert.equal(evaluateEvery, planning.evaluateEvery);
      if (evaluateEvery === undefined) return;
      assert.ok(evaluateEvery < (planning.epoch ?? Number.POSITIVE_INFINITY));
      assert.ok(Math.floor(updates / evaluateEvery) <= 10);
      assert.ok(planning.costs.evaluation <= 0.1 * evaluateEvery * planning.costs.update * (1 + 1e-9));
    }),
  );
});

test("a larger budget never makes a shorter training", () => {
  fc.assert(
    fc.property(plannings, fc.double({ min: 1, max: 3, noNaN: true }), (planning, factor) => {
      const less = longestPlan(planning)?.updates ?? 0;
      const more = longestPlan({ ...planning, amount: factor * planning.amount })?.updates ?? 0;
      assert.ok(more >= less, `${more} updates for ${factor} times the budget of ${less}`);
    }),
    { numRuns: 500 },
  );
});

test("a budget of updates is used up exactly where evaluations do not count", () => {
  const costs = { fixed: 0, update: 1, evaluation: 0 };
  const plan = longestPlan({ amount: 300, costs, evaluationUpdates: 2, epoch: 100 });
  assert.deepEqual(plan, { updates: 300, evaluateEvery: 30, cost: 300 });
});

test("snapshots that are due by count, by the clock, or by both are all counted", () => {
  assert.equal(snapshotSeconds({ snapshotMinutes: 0 }, 2, 30), 0);
  assert.equal(snapshotSeconds({ snapshotEvery: 10, snapshotMinutes: 0 }, 2, 30), 3);
  assert.equal(snapshotSeconds({ snapshotMinutes: 1 }, 2, 30), 1); // one in 30 updates
  assert.equal(snapshotSeconds({ snapshotEvery: 10, snapshotMinutes: 1 }, 2, 30), 4);
});
