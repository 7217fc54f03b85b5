import assert from "node:assert/strict";
import { test } from "node:test";
import { trainingFlops } from "../../bench/training-flops.js";
import { bertPreset } from "../../lib/models/bert-config.js";
import { BertForPreTraining } from "../../lib/models/pretraining.js";
import { scope } from "../../lib/tensor/scope.js";

const config = bertPreset("tiny", { vocab_size: 100 });

/** Weights of the matrices whose names begin so. */
function weightsOf(prefix: string): number {
  return scope(() =>
    [...new BertForPreTraining(config).namedParameters()]
      .filter(([name, { shape }]) => name.startsWith(prefix) && shape.length === 2)
      .reduce((sum, [, { shape }]) => sum + shape[0]! * shape[1]!, 0),
  );
}

test("training costs six operations for each weight that a token meets, and twelve for each pair of tokens and unit", () => {
  const [lengths, predictions] = [[7, 1, 20], 5];
  const pairs = lengths.reduce((sum, length) => sum + length * length, 0);
  const words = weightsOf("cls.predictions.transform.") + weightsOf("bert.embeddings.word_embeddings.");
  assert.equal(
    trainingFlops(config, { lengths, predictions }),
    6 * (28 * weightsOf("bert.encoder.") + 3 * weightsOf("bert.pooler.") + predictions * words) +
      12 * pairs * config.num_hidden_layers * config.hidden_size,
  );
});
