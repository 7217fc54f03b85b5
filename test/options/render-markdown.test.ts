import assert from "node:assert/strict";
import { test } from "node:test";
import { optionTable } from "../../lib/options/render-markdown.js";
import { byTask, everyKind } from "./sample-schemas.js";

const HEAD = "| option | type | default | meaning |\n| --- | --- | --- | --- |\n";

test("a table has a row for each option, with type, default and meaning", () => {
  const schema = everyKind.pick({ model: true, timeout: true, schedule: true, threshold: true });
  assert.equal(
    optionTable(schema),
    `${HEAD}| \`model\` | \`string\` | required | Directory of the model. |
| \`timeout\` | \`number\` | \`300\` | How long to wait. Longer is safer. Unit: seconds. |
| \`schedule\` | \`"linear" \\| "cosine"\` | \`"linear"\` | How the rate goes on. |
| \`threshold\` | \`number \\| "tuned"\` |  | From which probability on a label counts. |
`,
  );
});

test("the options of objects have rows below the option that they are in", () => {
  assert.equal(
    optionTable(everyKind.pick({ columns: true, phases: true })),
    `${HEAD}| \`columns\` | \`object\` |  | Names of the columns. |
| \`columns.text\` | \`string\` | \`text\` or \`sentence\` | Column of the text. |
| \`columns.label\` | \`string\` | required | Column of the label. |
| \`phases\` | \`readonly object[]\` |  | Phases one after the other. |
| \`phases[].data\` | \`string\` |  | Directory of the corpus. |
| \`phases[].steps\` | \`number\` |  | Updates to make. Unit: updates. |
| \`phases[].microBatchSize\` | \`number\` |  | Rows at a time. |
`,
  );
});

test("the options of objects in a record have rows, as those of any name in it", () => {
  const [, , questions] = byTask.options;
  assert.equal(
    optionTable(questions.pick({ limits: true })),
    `${HEAD}| \`limits\` | \`Record<string, object>\` |  | Limits by kind of question. |
| \`limits.*.maxLength\` | \`number\` | required | Longest answer. |
`,
  );
});
