import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { multipleChoice } from "../../../lib/tasks/multiple-choice/spec.js";
import { temporaryFolder } from "../../runtime/fakes.js";

const { given, inputsOf, text, json } = multipleChoice.commandLine;

test("choices come from files alone, without labels, and their number may differ", async (t) => {
  assert.equal(given, null);
  const rows = [
    { context: "a\tman", question: "then", choices: ["sits", "sings"] },
    { context: "a dog", choices: ["barks", "flies", "reads"] },
  ];
  const path = join(temporaryFolder(t), "choices.jsonl");
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const inputs = [];
  for await (const some of inputsOf(path, {})) inputs.push(...some);
  assert.deepEqual(inputs, rows);
  assert.ok(inputs.every(multipleChoice.inputs.accepts));

  const prediction = { choice: 1, text: "sings\n", score: 0.75, scores: [0.25, 0.75] };
  assert.equal(text().line(inputs[0]!, prediction, 0), "1\t0.7500\tsings \ta man\n");
  assert.equal(
    json().line(inputs[1]!, prediction, 1),
    '{"context":"a dog","choice":1,"text":"sings\\n","score":0.75,"scores":[0.25,0.75]}\n',
  );
});
