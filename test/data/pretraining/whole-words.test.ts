import assert from "node:assert/strict";
import { test } from "node:test";
import type { CorpusVocabulary } from "../../../lib/data/corpus/manifest.js";
import { instancesKey } from "../../../lib/data/pretraining/keyed-draws.js";
import { Masking } from "../../../lib/data/pretraining/masking.js";

const [CLS, SEP, MASK] = [2, 3, 4];
const VOCABULARY: CorpusVocabulary = {
  ...{ fingerprint: "", size: 1000, padId: 0, unkId: 1, clsId: CLS, sepId: SEP, maskId: MASK },
};
/** Ids from 500 on go on with a word. */
const CONTINUES = Uint8Array.from({ length: 1000 }, (_, id) => Number(id >= 500));
const SPLIT = { mask: 0.8, random: 0.1, keep: 0.1 };

function masking(maxPredictionsPerSequence = 20, maskRate = 0.15): Masking {
  return new Masking({ maskRate, maskSplit: SPLIT, maxPredictionsPerSequence }, VOCABULARY, CONTINUES);
}

/** Words of these numbers of pieces. */
function words(...lengths: number[]): number[] {
  return lengths.flatMap((length, index) => [10 + index, ...Array(length - 1).fill(500 + index)]);
}

test("words are masked whole, never more tokens than the rate asks for, and the split is that of single tokens", () => {
  const lengths = Array.from({ length: 60 }, (_, index) => 1 + ((index * index) % 4));
  const a = words(...lengths.slice(0, 30));
  const b = words(...lengths.slice(30));
  const ids = [CLS, ...a, SEP, ...b, SEP];
  const limit = Math.round(0.15 * (a.length + b.length));
  const kinds = { mask: 0, random: 0, keep: 0 };
  let predictions = 0;
  for (let run = 0; run < 20_000; run++) {
    const masked = Int32Array.from(ids);
    const positions = masking().mask(masked, instancesKey(1, run));
    const chosen = new Set(positions);
    predictions += positions.length;
    assert.ok(positions.length > 0 && positions.length <= limit);
    for (const position of positions) {
      assert.ok(ids[position]! > MASK);
      const starts = ids[position]! < 500;
      assert.ok(starts || chosen.has(position - 1), "the piece before is masked, too");
      assert.equal(ids[position + 1]! >= 500, ids[position + 1]! >= 500 && chosen.has(position + 1));
      if (masked[position] === MASK) kinds.mask++;
      else if (masked[position] === ids[position]) kinds.keep++;
      else kinds.random++;
    }
  }
  assert.ok(predictions / 20_000 > limit - 0.1, "words of one token fill what longer ones leave");
  for (const kind of ["mask", "random", "keep"] as const) {
    // A random token is the same by chance once in 1,000.
    assert.ok(
      Math.abs(kinds[kind] / predictions - SPLIT[kind]) < 0.005,
      `${kind}: ${kinds[kind]} of ${predictions}`,
    );
  }
});

test("a segment that was cut within a word starts with a word of its own", () => {
  const ids = [CLS, ...words(1), SEP, 500, SEP]; // what is left of B is the second piece of a word
  const chosen = new Set<string>();
  for (let run = 0; run < 50; run++) {
    chosen.add(masking().mask(Int32Array.from(ids), instancesKey(1, run)).join());
  }
  assert.deepEqual([...chosen].sort(), ["1", "3"]);
});

test("one word longer than the rate asks for is masked all the same, if the limit allows it", () => {
  const ids = [CLS, ...words(5), SEP];
  assert.deepEqual([...masking().mask(Int32Array.from(ids), instancesKey(1, 0))], [1, 2, 3, 4, 5]);
  assert.deepEqual([...masking(4).mask(Int32Array.from(ids), instancesKey(1, 0))], []);
});
