import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel, type Model } from "../../lib/index.js";
import { alterCheckpoint } from "../support/checkpoints.js";
import { GoldenTensors, goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";

/** A copy of a golden checkpoint with some numbers of one tensor, and some fields of its config.json, changed. */
function altered(
  original: string,
  tensor: string,
  change: (values: Float32Array) => Float32Array,
  fields: object = {},
): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath(original), folder, { recursive: true });
  const golden = new GoldenTensors(`${original}/model.safetensors`);
  alterCheckpoint(original, folder, (tensors) => {
    const values = change(Float32Array.from(golden.values(tensor)));
    const width = tensors
      .get(tensor)!
      .shape.slice(1)
      .reduce((product, size) => product * size, 1);
    tensors.set(tensor, {
      dtype: "float32",
      shape: [values.length / width, ...tensors.get(tensor)!.shape.slice(1)],
      bytes: () => new Uint8Array(values.buffer),
    });
  });
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...fields }));
  return folder;
}

const TYPES = "bert.embeddings.token_type_embeddings.weight";

test("a model with one segment reads texts, and refuses pairs before it computes", async () => {
  const folder = altered("tiny-bert", TYPES, (values) => values.slice(0, 32), { type_vocab_size: 1 });
  await using model = await loadModel(folder, { task: "classification", dtype: "float32" });
  assert.equal((await model.predict(["a film"])).length, 1);
  const pair = ["a film", "a plot"] as const;
  for (const call of [() => model.predict([pair]), () => model.embed([pair])]) {
    const error = await failureOf(call());
    assert.equal(error.code, "ERR_DATA");
    assert.match(error.message, /^Expected one text, as the model has a single segment \(type_vocab_size 1/);
  }
});

const NORM = "bert.encoder.layer.0.output.LayerNorm.weight";

test("weights that hold an infinity or NaN are named when the model gives no number, and before it is trained", async () => {
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const folder = altered("tiny-bert", NORM, (values) => values.fill(odd, 3, 4));
    await using model = (await loadModel(folder, { dtype: "float32" })) as Model<"classification">;
    const calls = [
      () => model.predict(["a film"]),
      () => model.embed(["a film"]),
      () => model.features(["a film"], { pooling: "none", layers: [1] }),
    ];
    for (const call of calls) {
      const error = await failureOf(call());
      assert.equal(error.code, "ERR_NON_FINITE");
      assert.equal(
        error.message,
        `The model's output is not a finite number: ${NORM} of its weights holds what is not a finite number: they are damaged, or its training diverged`,
      );
    }
    const error = await failureOf(fineTune({ ...tinyRun, model: folder, train: rowsOf(8) }));
    assert.equal(error.code, "ERR_CHECKPOINT");
    assert.ok(
      error.message.startsWith(
        `Expected finite numbers in the weights of ${folder} but ${NORM} holds others`,
      ),
    );
  }
});

test("an infinity that reaches no output is no reason to refuse: that of a word that no text has", async () => {
  const words = "bert.embeddings.word_embeddings.weight";
  const folder = altered("tiny-bert", words, (values) => values.fill(Number.POSITIVE_INFINITY, -32));
  await using model = await loadModel(folder, { task: "classification", dtype: "float32" });
  await using own = await loadModel(TINY, { task: "classification", dtype: "float32" });
  assert.deepEqual(await model.predict(["a film"]), await own.predict(["a film"]));
});

test("a decoder with weights of its own is obeyed, whether config.json says so or not, and a copy keeps it", async () => {
  const tied = goldenPath("families/tiny-roberta-mlm");
  await using own = await loadModel(tied, { task: "masked-words", dtype: "float32" });
  const text = "the film was <mask>";
  const scoresOf = async (model: Model<"masked-words">) => {
    const [[predictions]] = (await model.predict([text], { topK: 1000 })) as [
      [{ token: string; score: number }[]],
    ];
    return new Map(predictions.map(({ token, score }) => [token, score]));
  };
  const before = await scoresOf(own);
  const tokens = [...before.keys()];
  const [best, worst] = [tokens[0]!, tokens.at(-1)!];

  const ids: Record<string, number> = JSON.parse(readFileSync(join(tied, "tokenizer.json"), "utf8")).model
    .vocab;
  const golden = new GoldenTensors("families/tiny-roberta-mlm/model.safetensors");
  const swapped = (name: string, width: number) => {
    const values = Float32Array.from(golden.values(name));
    const [a, b] = [ids[best]! * width, ids[worst]! * width];
    const row = values.slice(a, a + width);
    values.copyWithin(a, b, b + width);
    values.set(row, b);
    return values;
  };
  const hidden = golden.tensor("roberta.embeddings.word_embeddings.weight").shape[1]!;
  for (const tie of [true, false]) {
    const folder = temporaryDirectory();
    cpSync(tied, folder, { recursive: true });
    alterCheckpoint("families/tiny-roberta-mlm", folder, (tensors) => {
      for (const [name, original, width] of [
        ["lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight", hidden],
        ["lm_head.decoder.bias", "lm_head.bias", 1],
      ] as const) {
        const { shape } = tensors.get(original)!;
        tensors.set(name, {
          ...{ dtype: "float32", shape },
          bytes: () => new Uint8Array(swapped(original, width).buffer),
        });
      }
    });
    const path = join(folder, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...config, tie_word_embeddings: tie }));
    await using model = await loadModel(folder, { task: "masked-words", dtype: "float32" });
    const after = await scoresOf(model);
    // The sum of the softmax comes in another order.
    const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} and ${b}`);
    near(after.get(worst)!, before.get(best)!);
    near(after.get(best)!, before.get(worst)!);
    const copy = join(temporaryDirectory(), "copy");
    await model.save(copy);
    await using loaded = await loadModel(copy, { task: "masked-words", dtype: "float32" });
    assert.deepEqual(await scoresOf(loaded), after);
  }
});

test("of weights with more layers than config.json says the first are used, and a warning says so", async () => {
  const folder = altered("tiny-bert", NORM, (values) => values, { num_hidden_layers: 1 });
  const fitting = temporaryDirectory();
  cpSync(folder, fitting, { recursive: true });
  alterCheckpoint("tiny-bert", fitting, (tensors) => {
    for (const name of tensors.keys()) if (name.includes(".layer.1.")) tensors.delete(name);
  });
  cpSync(join(folder, "config.json"), join(fitting, "config.json"));
  const warnings: string[] = [];
  const listen = ({ message }: Error) => warnings.push(message);
  process.on("warning", listen);
  const [scores, expected] = [await labelScores(folder), await labelScores(fitting)];
  await new Promise(setImmediate);
  process.off("warning", listen);
  assert.deepEqual(scores, expected);
  assert.deepEqual(warnings, [
    `Of the 2 layers in ${folder} the first 1 are used, as config.json says (num_hidden_layers)`,
  ]);
});

async function labelScores(folder: string): Promise<unknown> {
  await using model = await loadModel(folder, { task: "classification", dtype: "float32" });
  return model.predict(["a film", ["a film", "a plot"]]);
}
