import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { maskedWords } from "../../../lib/tasks/masked-words/spec.js";
import { temporaryFolder } from "../../runtime/fakes.js";

const { given, inputOf, inputsOf, text, json } = maskedWords.commandLine;

const masks = [
  [
    { token: "good", score: 0.5 },
    { token: "warm", score: 0.25 },
  ],
  [{ token: "$&", score: 0.125 }],
];

test("each mask of a text is filled with the likeliest token, whichever of the two names it has", () => {
  for (const mask of ["[MASK]", "<mask>"]) {
    const line = text().line(`a ${mask} film,\ta ${mask}`, masks, 0);
    assert.equal(line, "a good film, a $&\t0.5000\t0.1250\n");
  }
});

test("a token that is the mask of other models stays as it is", () => {
  assert.equal(text().line("<mask> is [MASK] or [MASK]", masks, 0), "<mask> is good or $&\t0.5000\t0.1250\n");
  assert.equal(text().line("[MASK] is <mask> or <mask>", masks, 0), "[MASK] is good or $&\t0.5000\t0.1250\n");
});

test("as JSON, a text has all tokens of its masks", () => {
  assert.equal(
    json().line("a [MASK]", [masks[0]!], 0),
    '{"text":"a [MASK]","masks":[[{"token":"good","score":0.5},{"token":"warm","score":0.25}]]}\n',
  );
});

test("a text that was cut is counted, and said in JSON", () => {
  const cut = Object.assign([masks[0]!], { truncated: true as const });
  const format = json();
  assert.equal(format.notice?.(), undefined);
  assert.match(format.line("a [MASK] b", cut, 0), /"truncated":true\}\n$/);
  assert.equal(format.notice?.(), "inputs cut to what the model reads: 1 of 1");
});

test("texts are given one by one, or come from files", async (t) => {
  assert.equal(given, "text");
  assert.equal(inputOf({ text: "a [MASK]" }), "a [MASK]");
  const path = join(temporaryFolder(t), "texts.jsonl");
  writeFileSync(path, '{"text": "a", "body": "b"}\n');
  const read = async (flags: object) => {
    const inputs: string[] = [];
    for await (const some of inputsOf(path, { ...flags })) inputs.push(...some);
    return inputs;
  };
  assert.deepEqual(await read({}), ["a"]);
  assert.deepEqual(await read({ columns: { text: "body" } }), ["b"]);
});

test("an input is one text", () => {
  const { accepts } = maskedWords.inputs;
  assert.ok(accepts("a [MASK]"));
  for (const other of [["a", "b"], 5, null]) assert.ok(!accepts(other));
});
