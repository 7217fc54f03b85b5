import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readLines } from "../../../lib/data/readers/lines.js";
import { readRows } from "../../../lib/data/readers/rows.js";
import { readLocatedTexts } from "../../../lib/tasks/masked-words/rows.js";
import { readQuestions } from "../../../lib/tasks/question-answering/rows.js";
import { readTaggingRows } from "../../../lib/tasks/token-classification/rows.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();

function packed(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, gzipSync(content));
  return path;
}

async function all<Item>(source: AsyncIterable<Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const some of source) items.push(...some);
  return items;
}

test("text files of every form are read when gzip has packed them, whatever their names end in", async () => {
  for (const [name, content] of [
    ["rows.tsv.gz", "text\tlabel\na\tx\n"],
    ["rows.csv.gz", "text,label\na,x\n"],
    ["rows.CSV.GZ", "text,label\na,x\n"],
    ["rows.jsonl.gz", '{"text": "a", "label": "x"}\n'],
    ["rows.csv", "text,label\na,x\n"],
  ] as const) {
    const [row] = await all(readRows(packed(name, content)));
    assert.deepEqual(row!.fields, { text: "a", label: "x" }, name);
  }
  const lines = await all(readLocatedTexts(packed("lines.txt.gz", "a\n\nb\n")));
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["a", "b"],
  );
  const [sentence] = await all(readTaggingRows(packed("words.conll.gz", "Anna B-PER\nleft O\n")));
  assert.deepEqual(sentence!.location, `${directory}/words.conll.gz, line 1`);
  const squad = { data: [{ paragraphs: [{ context: "Ada", qas: [{ question: "Who?", answers: [] }] }] }] };
  const [question] = await all(readQuestions(packed("squad.json.gz", JSON.stringify(squad))));
  assert.equal(question!.context, "Ada");
});

test("errors count the lines of what is packed, and name a packed file that is cut off or damaged", async () => {
  const short = packed("short.csv.gz", "text,label\na,x\nb\n");
  await assert.rejects(all(readRows(short)), {
    message: `${short}, line 3: Expected 2 columns ("text", "label") but received 1`,
  });
  const path = join(directory, "cut.csv.gz");
  const whole = gzipSync(`text,label\n${"a,x\n".repeat(1000)}`);
  writeFileSync(path, whole.subarray(0, whole.length - 9));
  const message = `${path}: Expected a whole gzip file but received unexpected end of file`;
  await assert.rejects(all(readRows(path)), { code: "ERR_DATA", message });
  whole[whole.length - 8]! ^= 1;
  writeFileSync(path, whole);
  await assert.rejects(all(readRows(path)), {
    message: `${path}: Expected a whole gzip file but received incorrect data check`,
  });
});

test("what is packed twice, or is no text, is named for what it is", async () => {
  const twice = join(directory, "twice.csv.gz");
  writeFileSync(twice, gzipSync(gzipSync("text\n")));
  await assert.rejects(all(readRows(twice)), {
    message: `${twice}: Expected text in UTF-8 but received a gzip file: unpack it (gunzip)`,
  });
});

test("a line that a small file is blown up to ends the reading, not the memory", async () => {
  const bomb = gzipSync(Buffer.alloc(2 ** 27 + 2 ** 20, "a"));
  async function* bytes() {
    yield bomb;
  }
  await assert.rejects(all(readLines("bomb", bytes())), {
    message: `bomb, line 1: Expected a line of at most ${2 ** 27} characters but received a longer one`,
  });
});

test("a packed source is read from any chunks that it comes in, and left early without an error", async () => {
  const content = gzipSync("first\nsecond\n");
  async function* bytes() {
    for (const byte of content) yield Buffer.of(byte);
  }
  assert.deepEqual(await all(readLines("source", bytes())), ["first", "second"]);
  for await (const lines of readLines("source", bytes())) {
    assert.ok(lines.length > 0);
    break;
  }
});
