import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { LibbertError } from "../../lib/errors.js";
import { parseOptions } from "../../lib/options/parse-options.js";
import { byTask, everyKind } from "./sample-schemas.js";

/** What is refused: the message, and the option that the error names. */
function refusal(options: unknown, schema: Parameters<typeof parseOptions>[0] = byTask) {
  try {
    parseOptions(schema, options);
  } catch (error) {
    assert.ok(error instanceof LibbertError);
    assert.equal(error.code, "ERR_OPTION");
    return { message: error.message, option: error.option };
  }
  return "accepted";
}

test("options are parsed by the member of their task, with its defaults", () => {
  assert.deepEqual(parseOptions(byTask, { task: "multi-label", model: "dir" }), {
    task: "multi-label",
    model: "dir",
    epochs: 3,
    threshold: 0.5,
  });
});

test("what is parsed narrows by its task", () => {
  const options = parseOptions(byTask, { task: "multi-label", model: "dir", threshold: 0.3 });
  // @ts-expect-error not every task has a threshold
  assert.equal(options.threshold, 0.3);
  assert.ok(options.task === "multi-label");
  const { threshold }: { threshold: number } = options;
  assert.equal(threshold, 0.3);
});

const TASKS = '"classification" or "multi-label" or "question-answering"';

test("an unknown task is refused with the known ones, and with the nearest where one is near", () => {
  assert.deepEqual(refusal({ task: "translation", model: "dir" }), {
    message: `Expected ${TASKS} for task but received "translation"`,
    option: "task",
  });
  assert.deepEqual(refusal({ task: "clasification", model: "dir" }), {
    message: `Expected ${TASKS} for task but received "clasification": did you mean "classification"?`,
    option: "task",
  });
  assert.deepEqual(refusal({ task: 5 }), {
    message: `Expected ${TASKS} for task but received 5`,
    option: "task",
  });
});

test("a task that is missing is asked for, but a misspelt key for it goes first", () => {
  assert.deepEqual(refusal({ model: "dir" }), {
    message: `Expected ${TASKS} for task but received undefined`,
    option: "task",
  });
  assert.deepEqual(refusal({ model: "dir", tasks: "classification" }), {
    message: 'Unknown option "tasks": did you mean task?',
    option: "tasks",
  });
  assert.deepEqual(refusal({ model: "dir", task: undefined }), {
    message: `Expected ${TASKS} for task but received undefined`,
    option: "task",
  });
  assert.deepEqual(refusal({ model: "dir", task: "translation", tasks: "classification" }), {
    message: `Expected ${TASKS} for task but received "translation"`,
    option: "task",
  });
});

test("an option of other tasks is refused with the tasks that have it", () => {
  const given = { task: "classification", model: "dir" };
  assert.deepEqual(refusal({ ...given, docStride: 3 }), {
    message: 'Unknown option "docStride" for task "classification": it belongs to "question-answering"',
    option: "docStride",
  });
  assert.deepEqual(refusal({ ...given, threshold: 0.5 }), {
    message:
      'Unknown option "threshold" for task "classification": it belongs to "multi-label" and "question-answering"',
    option: "threshold",
  });
  assert.deepEqual(refusal({ ...given, task: "multi-label", columns: { answer: "a" } }), {
    message: 'Unknown option "columns.answer" for task "multi-label": it belongs to "question-answering"',
    option: "columns.answer",
  });
});

test("a misspelt option is compared with those of its task alone", () => {
  const given = { task: "classification", model: "dir" };
  assert.deepEqual(refusal({ ...given, labelSmothing: 0 }), {
    message: 'Unknown option "labelSmothing" for task "classification": did you mean labelSmoothing?',
    option: "labelSmothing",
  });
  assert.deepEqual(refusal({ ...given, docStrid: 3 }), {
    message:
      'Unknown option "docStrid" for task "classification": the options are task, model, epochs, labelSmoothing',
    option: "docStrid",
  });
});

test("a wrong value of a task's option is refused as in any schema", () => {
  assert.deepEqual(refusal({ task: "question-answering", model: "dir", docStride: -1 }), {
    message: "Expected a value of at least 0 for docStride but received -1",
    option: "docStride",
  });
  assert.deepEqual(refusal({ task: "question-answering", model: "dir", threshold: "best" }), {
    message: 'Expected a number or "tuned" for threshold but received "best"',
    option: "threshold",
  });
  assert.deepEqual(refusal("classification"), {
    message: 'Expected an object for options but received "classification"',
    option: "options",
  });
});

test("a misspelt option of an object in an array or a record is compared with those of that object", () => {
  const given = { model: "dir", rows: [], task: "classification", weights: null };
  assert.deepEqual(refusal({ ...given, phases: [{ stepps: 1 }] }, everyKind), {
    message: 'Unknown option "phases.0.stepps": did you mean steps?',
    option: "phases.0.stepps",
  });
  const limits = { date: { maxLenght: 3, maxLength: 3 } };
  assert.deepEqual(refusal({ task: "question-answering", model: "dir", limits }), {
    message: 'Unknown option "limits.date.maxLenght" for task "question-answering": did you mean maxLength?',
    option: "limits.date.maxLenght",
  });
});

test("an error names its option with the path to it", () => {
  const named = (options: object) => {
    const given = { model: "dir", rows: [], task: "classification", weights: null };
    return (refusal({ ...given, ...options }, everyKind) as { option?: string }).option;
  };
  assert.equal(named({ model: 5 }), "model");
  assert.equal(named({ columns: { label: 5 } }), "columns.label");
  assert.equal(named({ columns: { label: "gold", txt: "" } }), "columns.txt");
  assert.equal(named({ phases: [{}, { steps: 0 }] }), "phases.1.steps");
  assert.equal(named({ phases: [{ stepps: 0 }] }), "phases.0.stepps");
});

test("a name in a record that may not be called so is refused as received", () => {
  const name = z.string().regex(/^\S/, "a name without a space before it");
  const schema = z.strictObject({ variants: z.record(name, z.unknown()) });
  assert.deepEqual(refusal({ variants: { " x": {} } }, schema), {
    message: 'Expected a name without a space before it for variants but received " x"',
    option: "variants",
  });
});

test("an array that may not be empty needs at least one element", () => {
  const schema = z.strictObject({ seeds: z.array(z.int()).min(1) });
  assert.deepEqual(refusal({ seeds: [] }, schema), {
    message: "Expected at least 1 element for seeds but received an array of 0 elements",
    option: "seeds",
  });
});

test("an error that is about no option has no such field", () => {
  assert.equal("option" in new LibbertError("ERR_DATA", "damaged", { cause: "x" }), false);
});
