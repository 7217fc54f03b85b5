import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { leastCost } from "../../lib/budget/plan.js";
import {
  type PretrainPlanning,
  planPretraining,
  withLongUpdates,
} from "../../lib/pre-training/budget-plan.js";

const seconds = (max: number) => fc.double({ min: 1e-3, max, noNaN: true });

const plannings: fc.Arbitrary<PretrainPlanning> = fc
  .record({
    amount: seconds(1e6),
    fixed: seconds(100),
    evaluation: seconds(100),
    long: seconds(10),
    short: fc.option(seconds(10)),
    batchSize: fc.option(fc.integer({ min: 1, max: 512 }), { nil: undefined }),
    evaluateEvery: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
  })
  .map(({ fixed, evaluation, long, short, ...planning }) => ({
    ...planning,
    costs: { fixed, evaluation, updates: { long, short } },
    evaluationUpdates: evaluation / long,
  }));

test("a plan, with its short updates and its evaluations, never costs more than the budget, and keeps what is given", () => {
  fc.assert(
    fc.property(plannings, (planning) => {
      const plan = planPretraining(planning);
      if (plan === null) return assert.ok(leastCost(withLongUpdates(planning)) > planning.amount);
      const { updates, shortUpdates, batchSize, evaluateEvery } = plan;
      const { fixed, evaluation, updates: costs } = planning.costs;
      const factor = batchSize / (planning.batchSize ?? 16);
      const trained = factor * (shortUpdates * (costs.short ?? 0) + (updates - shortUpdates) * costs.long);
      const evaluations = evaluateEvery === undefined ? 1 : Math.ceil(updates / evaluateEvery);
      assert.ok(fixed + trained + evaluations * evaluation <= planning.amount * (1 + 1e-9));
      if (planning.batchSize !== undefined) assert.equal(batchSize, planning.batchSize);
      if (planning.evaluateEvery !== undefined) assert.equal(evaluateEvery, planning.evaluateEvery);
      assert.ok(shortUpdates < updates && (costs.short !== null || shortUpdates === 0));
    }),
  );
});

test("a larger budget never makes smaller batches, nor fewer updates of the same", () => {
  fc.assert(
    fc.property(plannings, fc.double({ min: 1, max: 3, noNaN: true }), (planning, factor) => {
      const less = planPretraining(planning);
      const more = planPretraining({ ...planning, amount: factor * planning.amount });
      if (less === null) return;
      assert.ok(more!.batchSize >= less.batchSize);
      if (more!.batchSize === less.batchSize) assert.ok(more!.updates >= less.updates);
    }),
  );
});

test("what short updates take less than long ones is spent on more updates", () => {
  const costs = { fixed: 0, evaluation: 0, updates: { long: 1, short: 0.5 } };
  const planning = { amount: 100, costs, evaluationUpdates: 0, batchSize: 16 };
  const { updates, shortUpdates } = planPretraining(planning)!;
  assert.deepEqual([updates, shortUpdates], [117, 35]); // 82 + 35 / 2 = 99.5
});
