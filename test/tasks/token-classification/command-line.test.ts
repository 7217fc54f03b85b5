import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tokenClassification } from "../../../lib/tasks/token-classification/spec.js";
import type { WordsInput } from "../../../lib/tasks/token-classification/words.js";
import { temporaryFolder } from "../../runtime/fakes.js";

const { given, inputOf, inputsOf, text, json, report } = tokenClassification.commandLine;

const anna = { label: "person", start: 0, end: 8, text: "Anna\nLee", score: 0.75 };
const paris = { label: "place", start: 12, end: 17, text: "Paris", score: 0.5 };

test("an entity is a line that begins with the number of its input", () => {
  const { line } = text();
  assert.equal(
    line("Anna\nLee in Paris", [anna, paris], 0),
    "1\tperson\t0.7500\t0\t8\tAnna Lee\n1\tplace\t0.5000\t12\t17\tParis\n",
  );
  assert.equal(line("nobody", [], 1), "");
  assert.match(line("Paris", [paris], 2), /^3\tplace\t/);
});

test("as JSON, an input is a text or its words, with its entities", () => {
  const { line } = json();
  assert.equal(line("nobody", [], 0), '{"text":"nobody","entities":[]}\n');
  assert.equal(
    line(["Paris"], [{ ...paris, words: [0, 1] }], 1),
    '{"tokens":["Paris"],"entities":[{"label":"place","start":12,"end":17,"text":"Paris","score":0.5,"words":[0,1]}]}\n',
  );
});

test("inputs are a text, the words of a CoNLL file, the lines of a .txt file, or a column of rows", async (t) => {
  assert.equal(given, "text");
  assert.equal(inputOf({ text: "Anna" }), "Anna");
  const folder = temporaryFolder(t);
  const read = async (name: string, content: string, flags: { columns?: { text?: string } } = {}) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const inputs: WordsInput[] = [];
    for await (const some of inputsOf(path, flags)) inputs.push(...some);
    assert.ok(inputs.every(tokenClassification.inputs.accepts));
    return inputs;
  };
  assert.deepEqual(await read("words.conll", "Anna\nsings\n\nParis\n"), [["Anna", "sings"], ["Paris"]]);
  assert.deepEqual(await read("lines.txt", "Anna sings\n\nParis\n"), ["Anna sings", "", "Paris"]);
  const rows = '{"tokens": ["Anna"], "body": "b"}\n{"text": "Paris", "body": "c"}\n';
  assert.deepEqual(await read("rows.jsonl", rows), [["Anna"], "Paris"]);
  assert.deepEqual(await read("rows.jsonl", rows, { columns: { text: "body" } }), ["b", "c"]);
  await assert.rejects(read("odd.jsonl", '{"text": 5}\n'), {
    code: "ERR_DATA",
    message: `${join(folder, "odd.jsonl")}, line 1: Expected a text or an array of words for text but received 5`,
  });
});

test("a report shows each type's scores, then the worst mistakes with their entities in words", () => {
  const types = [{ label: "person", precision: 1, recall: 0.5, f1: 2 / 3, support: 2 }];
  const mistake = {
    text: "Anna in Paris",
    location: "dev.conll, line 4",
    expected: [
      { label: "person", text: "Anna" },
      { label: "place", text: "Paris" },
    ],
    predicted: [],
    loss: 2,
  };
  const table = "type    precision  recall      f1  support\nperson          1  0.5000  0.6667        2";
  assert.equal(report!({ types, worstMistakes: [] }), table);
  assert.equal(
    report!({ types, worstMistakes: [mistake] }),
    `${table}\n\nworst mistakes\ndev.conll, line 4: expected person "Anna", place "Paris", predicted no entity\n  Anna in Paris`,
  );
});
