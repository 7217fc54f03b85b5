import assert from "node:assert/strict";
import { test } from "node:test";
import { IndexShuffle } from "../../../lib/data/pretraining/index-shuffle.js";
import { orderKey } from "../../../lib/data/pretraining/keyed-draws.js";

test("a shuffle has every number once, whatever their count", () => {
  for (const count of [1, 2, 3, 5, 16, 17, 99, 1000, 65_537]) {
    const order = new IndexShuffle(count, orderKey(1, count));
    const numbers = Array.from({ length: count }, (_, position) => order.at(position)).sort((a, b) => a - b);
    assert.deepEqual(numbers, [...Array(count).keys()]);
  }
});

test("every number is equally likely at every position, and every number behind every other", () => {
  const [count, epochs] = [7, 20_000];
  const times = new Float64Array(count * count);
  const followers = new Float64Array(count * count);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = new IndexShuffle(count, orderKey(3, epoch));
    for (let position = 0; position < count; position++) {
      times[position * count + order.at(position)]!++;
      if (position > 0) followers[order.at(position - 1) * count + order.at(position)]!++;
    }
  }
  // Counts are binomial; five standard deviations of a mean of 2857 are passed once in a million.
  const mean = epochs / count;
  for (const count of times) assert.ok(Math.abs(count - mean) < 5 * Math.sqrt(mean), `${count}`);
  for (const [pair, times] of followers.entries()) {
    const isSelf = Math.floor(pair / count) === pair % count;
    assert.ok(isSelf ? times === 0 : Math.abs(times - mean) < 5 * Math.sqrt(mean), `${times}`);
  }
});

test("neighbouring positions of a large shuffle have numbers from everywhere", () => {
  const count = 10_000_019;
  const order = new IndexShuffle(count, orderKey(1, 0));
  const distances = Array.from({ length: 10_000 }, (_, position) =>
    Math.abs(order.at(position) - order.at(position + 1)),
  );
  // Two independent numbers are a third of the range apart; the mean of 10,000 has a standard deviation of 0.0024.
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length / count;
  assert.ok(Math.abs(mean - 1 / 3) < 0.012, `${mean}`);
});
