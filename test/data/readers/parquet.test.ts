import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readParquet } from "../../../lib/data/readers/parquet/read-parquet.js";
import { readRows } from "../../../lib/data/readers/rows.js";
import { readClassificationExamples } from "../../../lib/tasks/classification/rows.js";
import { readQuestions } from "../../../lib/tasks/question-answering/rows.js";
import type { TaggedWords } from "../../../lib/tasks/token-classification/object-rows.js";
import { readTaggingRows } from "../../../lib/tasks/token-classification/rows.js";
import { goldenJson, goldenPath } from "../../support/golden.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

type Fields = Record<string, unknown>;
const GOLDEN = goldenJson<Record<"types" | "classLabels" | "squad", Fields[]>>("parquet/rows.json");

function fileOf(name: string): string {
  return goldenPath(`parquet/${name}.parquet`);
}

async function all<Item>(source: AsyncIterable<Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const some of source) items.push(...some);
  return items;
}

async function fieldsOf(path: string): Promise<Fields[]> {
  return (await all(readParquet(path))).map(({ fields }) => fields);
}

for (const [name, what] of [
  ["types", "pages of the first form, with dictionaries"],
  ["second-form", "pages of the second form"],
  ["encodings", "pages without dictionaries, in other encodings"],
])
  test(`what pyarrow wrote has its types, its nulls, lists and structs: ${what}`, async () => {
    assert.deepEqual(await fieldsOf(fileOf(name!)), GOLDEN.types);
  });

for (const codec of ["none", "snappy", "gzip", "brotli", "zstd"])
  test(`a file compressed with ${codec} is read`, async () => {
    const rows = GOLDEN.types.map(({ text, again, numbers }) => ({ text, again, numbers }));
    assert.deepEqual(await fieldsOf(fileOf(codec)), rows);
  });

test("another compression is refused by its name", async () => {
  await assert.rejects(fieldsOf(fileOf("lz4")), {
    code: "ERR_DATA",
    message: `${fileOf("lz4")}: Expected columns compressed with SNAPPY, GZIP, BROTLI, ZSTD, or not at all, but received LZ4_RAW in column "text"`,
  });
});

test("rows are counted through all row groups, and a limit ends within one", async () => {
  const locations = (await all(readParquet(fileOf("types")))).map(({ location }) => location);
  assert.deepEqual(
    locations,
    [1, 2, 3, 4, 5, 6, 7].map((row) => `${fileOf("types")}, row ${row}`),
  );
  for (const limit of [1, 3, 4, 7, 100]) {
    const rows = await all(readRows(fileOf("types"), { limit }));
    assert.deepEqual(
      rows.map(({ location }) => location),
      locations.slice(0, limit),
    );
  }
});

test("class numbers are the names that Python's datasets wrote, also in lists and structs; -1 is no label", async () => {
  const names = ["World", "Sports", "Business", null];
  const rows = await fieldsOf(fileOf("class-labels"));
  for (const [index, row] of GOLDEN.classLabels.entries())
    assert.deepEqual(rows[index], {
      ...row,
      label: names[index],
      ner_tags: (row.ner_tags as number[]).map((tag) => ["O", "B-PER", "I-PER"][tag]),
      pos_tags: (row.pos_tags as number[]).map((tag) => ["NOUN", "VERB"][tag]),
      old: (row.old as number[]).map((label) => ["no", "yes"][label]),
      spans: { start: [0, 1], kind: ["B", "A"] },
      struct: { kind: "D" },
    });
});

test("tasks read texts with class labels, words with tags, and SQuAD's answers, which count code points", async () => {
  const texts = await all(readClassificationExamples(fileOf("class-labels"), { limit: 3 }));
  assert.deepEqual(
    texts.map(({ text, label }) => [text, label]),
    [
      ["Anna Smith left", "World"],
      ["two all", "Sports"],
      ["shares fell", "Business"],
    ],
  );
  await assert.rejects(
    all(readClassificationExamples(fileOf("class-labels"))),
    /row 4: Expected a label in column/,
  );
  const [sentence] = (await all(readTaggingRows(fileOf("class-labels")))) as TaggedWords[];
  assert.deepEqual(
    [sentence!.words, sentence!.tags],
    [
      ["Anna", "Smith", "left"],
      ["O", "B-PER", "I-PER"],
    ],
  );
  const questions = await all(readQuestions(fileOf("squad")));
  assert.deepEqual(
    questions.map(({ answers }) => answers),
    [
      [
        { text: "Ada", start: 3, moved: false }, // 😀 is two UTF-16 units
        { text: "Ada wrote", start: 3, moved: false },
      ],
      [],
    ],
  );
});

test("what is no Parquet file is named for what it is", async () => {
  const path = join(temporaryDirectory(), "train.parquet");
  for (const [content, what] of [
    [
      "version https://git-lfs.github.com/spec/v1\n",
      "a Git LFS pointer: fetch the file itself (git lfs pull)",
    ],
    ["text,label\n", "one that does not begin as such a file"],
    ["", "one that does not begin as such a file"],
    [Buffer.from("1f8b0800", "hex"), "a gzip file: unpack it (gunzip)"],
  ] as const) {
    writeFileSync(path, content);
    await assert.rejects(fieldsOf(path), {
      message: `${path}: Expected a Parquet file but received ${what}`,
    });
  }
  await assert.rejects(fieldsOf(join(path, "gone.parquet")), /gone\.parquet: Expected a readable file but/);
});

test("a number without a name among the class labels is refused with its row", async () => {
  const names = Buffer.from(readFileSync(fileOf("class-labels"))).toString("latin1");
  const fewer = names.replace('["World", "Sports", "Business"]', '["World", "Sports"]            ');
  assert.notEqual(fewer, names);
  const path = join(temporaryDirectory(), "fewer.parquet");
  writeFileSync(path, Buffer.from(fewer, "latin1"));
  await assert.rejects(fieldsOf(path), {
    message: `${path}, row 3: Expected a class number from 0 to 1 but received 2`,
  });
});
