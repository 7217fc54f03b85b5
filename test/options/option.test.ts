import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  decidesResult,
  decidingOptions,
  defaultOf,
  descriptionOf,
  isPath,
  metaOf,
  optionMeta,
  optionsOfAllRanks,
} from "../../lib/options/option.js";
import { byTask, everyKind } from "./sample-schemas.js";

const logEvery = z.int().positive().describe("updates").register(optionMeta, { decidesResult: false });

test("an option decides the result and is no path unless it says otherwise", () => {
  const plain = z.string().default("a").describe("text");
  assert.equal(decidesResult(plain), true);
  assert.equal(isPath(plain), false);
  assert.equal(decidesResult(logEvery), false);
  assert.equal(isPath(everyKind.shape.model), true);
});

test("what an option says stays with it through checks, wrappers and a new description", () => {
  for (const field of [
    logEvery.min(5),
    logEvery.default(100),
    logEvery.optional(),
    logEvery.nullable().default(null),
    logEvery.nullish(),
    logEvery.prefault(7).describe("another"),
    logEvery.refine((value) => value !== 3),
  ])
    assert.deepEqual(metaOf(field), { decidesResult: false });
});

test("what an option says stays with it through extend, omit, pick, partial and a spread of the shape", () => {
  const schema = z.strictObject({ logEvery, seed: z.int() });
  for (const { shape } of [
    schema.extend({ other: z.int() }),
    schema.omit({ seed: true }),
    schema.pick({ logEvery: true }),
    schema.partial(),
    z.strictObject({ ...schema.shape }),
  ])
    assert.equal(decidesResult(shape.logEvery), false);
});

test("a wrapper's own word counts before that of what it wraps, the rest adds up", () => {
  const field = z.int().register(optionMeta, { unit: "rows", decidesResult: false });
  const wrapped = field.optional().register(optionMeta, { decidesResult: true });
  assert.deepEqual(metaOf(wrapped), { unit: "rows", decidesResult: true });
});

test("a description is found below and above wrappers, the outermost first", () => {
  assert.equal(descriptionOf(z.int().describe("inner").default(1)), "inner");
  assert.equal(descriptionOf(z.int().describe("inner").default(1).describe("outer").optional()), "outer");
  assert.equal(descriptionOf(z.array(z.int().describe("of an element"))), undefined);
});

test("a field that says something stays another field when it is described anew", () => {
  const field = z.string().describe("text");
  const path = field.describe("file").register(optionMeta, { isPath: true });
  assert.equal(isPath(field), false);
  assert.equal(isPath(path), true);
});

test("a misspelt word of an option's meta does not compile", () => {
  // @ts-expect-error decideResult is no word of OptionMeta
  z.int().register(optionMeta, { decideResult: false });
  // @ts-expect-error a unit is a text
  z.int().register(optionMeta, { unit: 5 });
});

test("the deciding options are those that change the result and are no paths, in the schema's order", () => {
  const deciding = decidingOptions(everyKind, {
    task: "classification",
    timeout: 5,
    learningRate: 1,
    model: "here",
    rows: [],
    threshold: undefined,
    onProgress: () => {},
    columns: { label: "gold" },
    phases: [{ data: "there", steps: 3, microBatchSize: 2 }, { data: "there" }],
    epochs: 2,
  });
  assert.deepEqual(deciding, {
    columns: { label: "gold" },
    phases: [{ steps: 3 }, {}],
    epochs: 2,
    learningRate: 1,
    task: "classification",
  });
  assert.deepEqual(Object.keys(deciding), ["columns", "phases", "epochs", "learningRate", "task"]);
});

test("options that all ranks must have alike are the deciding ones, unless they say otherwise", () => {
  const schema = z.strictObject({
    seed: z.int(),
    model: z.string().register(optionMeta, { isPath: true }),
    logEvery,
    evaluateEvery: z.int().register(optionMeta, { decidesResult: false, sameOnAllRanks: true }),
    dtype: z.string().register(optionMeta, { sameOnAllRanks: false }),
    phases: z.array(z.strictObject({ steps: z.int(), logEvery })),
  });
  const values = {
    ...{ seed: 1, model: "here", logEvery: 5, evaluateEvery: 10, dtype: "auto" },
    phases: [{ steps: 3, logEvery: 2 }],
  };
  assert.deepEqual(optionsOfAllRanks(schema, values), { seed: 1, evaluateEvery: 10, phases: [{ steps: 3 }] });
  assert.deepEqual(decidingOptions(schema, values), { seed: 1, dtype: "auto", phases: [{ steps: 3 }] });
});

test("the default of an option is found below wrappers", () => {
  assert.equal(defaultOf(z.int().default(5).optional()), 5);
  assert.equal(defaultOf(z.int().optional()), undefined);
});

test("the deciding options of a union are those of the member that the values are of", () => {
  const values = { task: "multi-label", model: "dir", threshold: 0.5 };
  assert.deepEqual(decidingOptions(byTask, values), values);
  assert.throws(() => decidingOptions(byTask, { task: "translation" }), RangeError);
});
