import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails, fileOf, rowsOf } from "./reading.js";

test("objects have tokens and tags, or a text and its entities, and may name their document", async () => {
  const rows = [
    { tokens: ["Anna", "sings"], tags: ["B-person", "O"], document: "a" },
    {
      text: "Anna and Bo",
      entities: [
        { start: 9, end: 11, label: "person", id: 7 },
        { start: 0, end: 4, label: "person", text: "Anna" },
      ],
    },
  ];
  const [words, text] = await rowsOf(rows);
  assert.ok(words?.kind === "words" && text?.kind === "text");
  assert.deepEqual([words.words, words.tags, words.document], [rows[0]!.tokens, rows[0]!.tags, "a"]);
  assert.deepEqual(text.entities, [
    { start: 0, end: 4, label: "person" },
    { start: 9, end: 11, label: "person" },
  ]);
  assert.equal(text.document, null);
  assert.equal(words.locationOf(1), "row 1, word 2");
  const path = fileOf("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  assert.deepEqual(
    (await rowsOf(path)).map(({ location }) => location),
    [`${path}, line 1`, `${path}, line 2`],
  );
});

test("a row that its user rejected or ignored in Prodigy is refused", async () => {
  const rowWith = (answer: string) => [
    { text: "Anna sings", spans: [{ start: 0, end: 4, label: "person" }], answer },
  ];
  for (const answer of ["reject", "ignore"])
    await assert.rejects(rowsOf(rowWith(answer)), {
      code: "ERR_DATA",
      message: `row 1: Expected a row that was accepted, as "answer" says in rows of Prodigy (leave the others out), but received "${answer}"`,
    });
  assert.equal((await rowsOf(rowWith("accept"))).length, 1);
});

test("fields named by the caller are read instead", async () => {
  const rows = [{ text: "not this", words: ["Anna"], ner: ["B-person"], tags: [] }];
  const [row] = await rowsOf(rows, { columns: { text: "words", label: "ner" } });
  assert.ok(row?.kind === "words");
  assert.deepEqual([row.words, row.tags], [["Anna"], ["B-person"]]);
  await assert.rejects(rowsOf(rows, { columns: { text: "body" } }), {
    message:
      'row 1: Expected a column named "body" but received the columns "text", "words", "ner", "tags": name the right one with columns.text',
  });
  await assert.rejects(rowsOf(rows, { columns: { text: "words", label: "spans" } }), {
    message:
      'row 1: Expected a column named "spans" but received the columns "text", "words", "ner", "tags": name the right one with columns.label',
  });
});

test("tags that are class numbers have the names that labels give them", async () => {
  const rows = [{ tokens: ["Anna", "left"], ner_tags: [1, 0], pos_tags: [3, 4] }];
  const labels = ["O", "B-PER"];
  const [row] = await rowsOf(rows, { labels });
  assert.deepEqual(row?.kind === "words" && row.tags, ["B-PER", "O"]);
  const failing = (tags: unknown[], message: string) =>
    assert.rejects(rowsOf([{ tokens: ["Anna"], tags }], { labels }), { code: "ERR_DATA", message });
  await failing([2], "row 1: Expected a class number from 0 to 1 in tags but received 2 at 1");
  await failing([-100], "row 1: Expected a class number from 0 to 1 in tags but received -100 at 1");
  for (const odd of [0.5, null, true, " "])
    await failing([odd], `row 1: Expected tags in tags but received ${JSON.stringify(odd)} at 1`);
});

test("entities come in the forms of doccano, spaCy, Prodigy and Label Studio", async () => {
  const text = "Anna left Ulm";
  const rows = [
    {
      text,
      label: [
        [10, 13, "LOC"],
        [0, 4, "PER"],
      ],
    },
    {
      text,
      entities: [
        [10, 13, "LOC"],
        [0, 4, "PER"],
      ],
    },
    {
      text,
      labels: [
        { start_offset: 0, end_offset: 4, label: "PER" },
        { start_offset: 10, end_offset: 13, label: "LOC" },
      ],
    },
    {
      text,
      tokens: [{ text: "Anna", start: 0 }],
      spans: [
        { start: 0, end: 4, label: "PER" },
        { start: 10, end: 13, label: "LOC" },
      ],
    },
    {
      text,
      label: [
        { start: 0, end: 4, text: "Anna", labels: ["PER"] },
        { start: 10, end: 13, text: "Ulm", labels: ["LOC"] },
      ],
    },
  ];
  for (const row of await rowsOf(rows))
    assert.deepEqual(row.kind === "text" && row.entities, [
      { start: 0, end: 4, label: "PER" },
      { start: 10, end: 13, label: "LOC" },
    ]);
  await assertFails(
    [{ text, label: "PER" }],
    'row 1: Expected a column named "entities" or "spans" or "label" or "labels" but received the columns "text", "label": name the right one with columns.label',
  );
});

test("offsets of which no one knows whether they count code points are refused where that makes a difference", async () => {
  const after = (entities: object) => [{ text: "😀 Anna", ...entities }];
  const message =
    "row 1, entity 1: Expected spans as {start, end, label}, whose offsets count UTF-16 units, in a text with characters of two units, but received a form in which they may count code points";
  for (const rows of [
    after({ label: [[2, 6, "PER"]] }),
    after({ spans: [{ start: 2, end: 6, label: "PER" }] }),
  ])
    await assertFails(rows, message);
  const named = rowsOf(after({ ents: [{ start: 2, end: 6, label: "PER" }] }), { columns: { label: "ents" } });
  await assert.rejects(named, { code: "ERR_DATA", message });
  const own = [
    after({ entities: [{ start: 3, end: 7, label: "PER" }] }),
    after({ label: [{ start: 3, end: 7, text: "Anna", labels: ["PER"] }] }),
  ];
  for (const rows of [...own, [{ text: "Anna 😀", label: [[0, 4, "PER"]] }]])
    assert.equal((await rowsOf(rows)).length, 1);
});

test("offsets that cut words or characters in UTF-16 units, and in code points do not, are refused", async () => {
  const spanned = (text: string, start: number, end: number) => [
    { text, entities: [{ start, end, label: "PER" }] },
  ];
  for (const [text, start, end, right] of [
    ["😀 Anna lives in Ulm", 2, 6, "3 and 7"],
    ["😀😀 Anna lives in Ulm", 3, 7, "5 and 9"],
    ["😀Anna", 1, 5, "2 and 6"],
  ] as const)
    await assertFails(
      spanned(text, start, end),
      `row 1, entity 1: Expected ${right} for start and end, in UTF-16 units (or the entity's own text beside them) but received ${start} and ${end}, which seem to count code points`,
    );
  for (const [text, start, end] of [
    ["😀 Anna lives in Ulm", 3, 7],
    ["Anna lives 😀", 0, 4],
    ["Annabel", 0, 4],
    ["😀 Annabel", 3, 7],
  ] as const)
    assert.equal((await rowsOf(spanned(text, start, end))).length, 1);
});

test("a limit counts objects, and what comes after them is not looked at", async () => {
  assert.equal((await rowsOf([{ tokens: [], tags: [] }, { odd: 1 }], { limit: 1 })).length, 1);
});

test("fields that are missing or of another kind are named", async () => {
  await assertFails(
    [{ sentence: "Anna", label: "x" }],
    'row 1: Expected a column named "tokens" or "text" but received the columns "sentence", "label": name the right one with columns.text',
  );
  await assertFails(
    [{ tokens: 5, tags: [] }],
    "row 1: Expected an array of words, or a text, for tokens but received 5",
  );
  await assertFails(
    [{ tokens: ["Anna"] }],
    'row 1: Expected a column named "tags" or "ner_tags" but received the columns "tokens": name the right one with columns.label',
  );
  await assertFails(
    [{ tokens: ["Anna", "sings"], tags: [3, 0] }],
    "row 1: Expected tags as texts in tags, or class numbers whose names the option labels gives, but received 3 at 1",
  );
  await assertFails(
    [{ tokens: ["Anna", "sings"], tags: ["O"] }],
    "row 1: Expected as many tags as tokens (2) but received 1",
  );
  await assertFails(
    [{ text: 5, entities: [] }],
    "row 1: Expected an array of words, or a text, for text but received 5",
  );
  await assertFails(
    [{ text: "Anna" }],
    'row 1: Expected a column named "entities" or "spans" or "label" or "labels" but received the columns "text": name the right one with columns.label',
  );
  await assertFails(
    [{ text: "Anna", entities: [], document: {} }],
    "row 1: Expected a string or number for document but received {}",
  );
  await assertFails(
    [{ text: "Anna", entities: [], document: 2 ** 60 }],
    "row 1: Expected a text, or an integer up to 2^53, for document but received a larger one, about 1152921504606847000",
  );
});

test("spans that are no spans, lie outside their text or overlap are named", async () => {
  const failing = (entities: unknown[], message: string) =>
    assertFails([{ text: "Anna 😀 Lee", entities }], message);
  await failing([{ start: 0, end: 4 }], "row 1, entity 1: Expected a label but received undefined");
  await failing([null], "row 1, entity 1: Expected a label but received undefined");
  await failing(
    [{ start: 0, end: 4, label: "O" }],
    'row 1, entity 1: Expected a label other than O, which stands for no entity, but received "O"',
  );
  await failing(
    [{ start: "0", end: 4, label: "x" }],
    'row 1, entity 1: Expected integers for start and end but received "0" and 4',
  );
  for (const [start, end] of [
    [8, 12],
    [-1, 3],
    [4, 4],
    [4, 0],
  ]) {
    await failing(
      [
        { start: 0, end: 4, label: "x" },
        { start, end, label: "x" },
      ],
      `row 1, entity 2: Expected a span within the text's 11 UTF-16 units but received ${start} to ${end}`,
    );
  }
  await failing(
    [
      { start: 4, end: 11, label: "y" },
      { start: 0, end: 5, label: "x" },
    ],
    'row 1: Expected entities that do not overlap but received "Anna " and " 😀 Lee" (x and y)',
  );
});

test("an entity that brings its text shows offsets that count something else than UTF-16 units", async () => {
  await assertFails(
    [{ text: "Anna 😀 Lee", entities: [{ start: 7, end: 10, label: "x", text: "Lee" }] }],
    'row 1, entity 1: Expected the text "Lee" from 7 to 10 (offsets count UTF-16 units) but received " Le"',
  );
});
