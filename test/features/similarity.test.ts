import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { similarities } from "../../lib/features/similarity.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { GoldenTensors } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("sentence/vectors.safetensors");
const WIDTH = 16;
const values = golden.values("cls.plain");
const vectors = Array.from({ length: values.length / WIDTH }, (_, row) =>
  Float32Array.from(values.slice(row * WIDTH, (row + 1) * WIDTH)),
);

for (const name of ["cosine", "dot", "euclidean", "manhattan"]) {
  test(`${name} similarity is that of sentence-transformers`, () => {
    const before = liveTensors();
    const rows = similarities(name, vectors.slice(0, 2), vectors);
    assert.equal(liveTensors(), before);
    assertClose(
      rows.flatMap((row) => [...row]),
      golden.values(`similarity.${name}`),
      { absolute: 1e-5, relative: 1e-5 },
    );
  });
}

test("another function is refused by its name", () => {
  assert.throws(() => similarities("maxsim", vectors, vectors), {
    code: "ERR_CHECKPOINT",
    message:
      'Expected one of "cosine", "dot", "euclidean", "manhattan" for similarity_fn_name in ' +
      'config_sentence_transformers.json but received "maxsim"',
  });
});
