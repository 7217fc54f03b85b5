import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonLine } from "../../lib/data/readers/standard-input.js";

test("a line is JSON where an object with fields begins, or an empty one is whole", () => {
  for (const line of ['{"text": "a"}', ' { "te\\"xt" : 1', "{}", "{'text': 'a'}", '{"text": "cut'])
    assert.ok(isJsonLine(line), line);
});

test("a brace that is a word, or begins the name of a column, makes no JSON", () => {
  for (const line of ["{\tO", "{ O", "{text}\tlabel", '{"text"}', '{"\tO', "", "[1]"])
    assert.ok(!isJsonLine(line), line);
});
