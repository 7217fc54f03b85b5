import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readDocuments } from "../../../lib/data/corpus/documents.js";
import { findTextFiles } from "../../../lib/data/corpus/input-files.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

async function documentsOf(name: string, content: string | Uint8Array, documentPerFile = false) {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, content);
  const [file] = await findTextFiles([path]);
  const found = [];
  for await (const document of readDocuments(file!, { textField: "text", documentPerFile }))
    found.push(document);
  return found;
}

const linesOf = (documents: { lines: string[] }[]) => documents.map(({ lines }) => lines);

test("blank lines end documents; CRLF, a byte-order mark and white space do not matter", async () => {
  const unix = "\n\nOne.\nTwo.\n\n \t\nThree.";
  const expected = [["One.", "Two."], ["Three."]];
  assert.deepEqual(linesOf(await documentsOf("a.txt", unix)), expected);
  const windows = `\ufeff${unix.replaceAll("\n", "\r\n")}\r\n\r\n`;
  assert.deepEqual(linesOf(await documentsOf("b.txt", windows)), expected);
  assert.deepEqual(linesOf(await documentsOf("c.txt.gz", gzipSync(windows))), expected);
  assert.deepEqual(await documentsOf("d.txt", "\n \n"), []);
});

test("a file can be one document whatever its blank lines", async () => {
  const content = "One.\n\nTwo.\n\n\nThree.\n";
  assert.deepEqual(linesOf(await documentsOf("a.txt", content, true)), [["One.", "Two.", "Three."]]);
});

test("each JSON line is a document, even an empty one", async () => {
  const content = '{"text":"One.\\n\\nTwo."}\r\n\r\n{"text":""}\n{"text":"Three."}';
  assert.deepEqual(linesOf(await documentsOf("a.jsonl", content)), [["One.", "Two."], [], ["Three."]]);
});

test("documents are the same wherever the file's blocks end", async () => {
  const lines = Array.from({ length: 120_000 }, (_, index) =>
    index % 7 === 6 ? "" : `Sentence number ${index}.`,
  );
  const documents = linesOf(await documentsOf("a.txt", lines.join("\n"))); // 2.5 MB: three blocks
  assert.equal(documents.length, Math.ceil(120_000 / 7));
  assert.deepEqual(
    documents.flat(),
    lines.filter((line) => line !== ""),
  );
  assert.ok(documents.slice(0, -1).every((document) => document.length === 6));
});

test("a line that is cut between blocks goes on with its document", async () => {
  const line = "word ".repeat(600_000).trim(); // 3 MB
  const documents = linesOf(await documentsOf("a.txt", `First.\n${line}\nLast.\n\nOther.\n`));
  assert.deepEqual(
    [documents.length, documents[0]![0], documents[0]!.at(-1), documents[1]],
    [2, "First.", "Last.", ["Other."]],
  );
  assert.equal(documents[0]!.slice(1, -1).join(" "), line);
});

test("text without blank lines is divided before it fills the memory", async () => {
  const line = "x".repeat(99);
  const documents = linesOf(await documentsOf("a.txt", `${line}\n`.repeat(100_000))); // 10 MB
  assert.deepEqual(
    documents.map((lines) => lines.length),
    [42_367, 42_367, 15_266],
  );
});

test("invalid UTF-8 is replaced and counted", async () => {
  const bytes = Buffer.concat([
    Buffer.from("One.\n\nTw"),
    Buffer.from([0xff, 0xfe]),
    Buffer.from(".\n\nThree.\n"),
  ]);
  const documents = await documentsOf("a.txt", bytes);
  assert.deepEqual(linesOf(documents), [["One."], ["Tw\ufffd\ufffd."], ["Three."]]);
  assert.equal(
    documents.reduce((sum, { invalidSequences }) => sum + invalidSequences, 0),
    2,
  );
});
