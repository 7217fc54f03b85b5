import assert from "node:assert/strict";
import { test } from "node:test";
import { textsOf } from "../../../lib/data/corpus/block-texts.js";
import type { TextFile } from "../../../lib/data/corpus/input-files.js";
import type { TextBlock } from "../../../lib/data/corpus/text-blocks.js";

function block(format: TextFile["format"], content: string | Uint8Array): TextBlock {
  const bytes = Uint8Array.from(Buffer.from(content));
  const file: TextFile = { path: `a.${format}`, format, gzipped: false, bytes: bytes.length };
  return { file, firstLine: 11, bytes, bytesRead: bytes.length };
}

test("plain text is one text, without its byte-order mark", () => {
  const { texts, invalidSequences } = textsOf(block("lines", "\ufeffOne.\r\nTwo.\n"), "text");
  assert.deepEqual(texts, ["One.\r\nTwo.\n"]);
  assert.equal(invalidSequences, 0);
});

test("JSON lines give the field asked for; blank lines, CRLF and a byte-order mark do not matter", () => {
  const lines = '\ufeff{"body":"One\\nline"}\r\n\r\n{"id":7,"body":""}\r\n';
  assert.deepEqual(textsOf(block("jsonl", lines), "body").texts, ["One\nline", ""]);
});

test("bytes that are not UTF-8 are replaced and counted; a U+FFFD of the file itself is not counted", () => {
  const content = Buffer.concat([Buffer.from("caf\ufffd "), Buffer.from([0xe9, 0x20, 0xff, 0xc3])]);
  const { texts, invalidSequences } = textsOf(block("lines", content), "text");
  assert.deepEqual(texts, ["caf\ufffd \ufffd \ufffd\ufffd"]);
  assert.equal(invalidSequences, 3);
});

test("broken JSON and rows without the text are errors that name file and line", () => {
  const messages: [line: string, message: string | RegExp][] = [
    ['{"text": "cut', /^a\.jsonl, line 12: Expected a JSON object but received broken JSON \(/],
    ['{"id": 1}', 'a.jsonl, line 12: Expected an object with a text in "text" but received undefined for it'],
    ['{"text": 5}', 'a.jsonl, line 12: Expected an object with a text in "text" but received 5 for it'],
    ["5", 'a.jsonl, line 12: Expected an object with a text in "text" but received 5'],
    ["null", 'a.jsonl, line 12: Expected an object with a text in "text" but received null'],
  ];
  for (const [line, message] of messages) {
    const content = `{"text": "good"}\n${line}\n`;
    assert.throws(() => textsOf(block("jsonl", content), "text"), { code: "ERR_DATA", message });
  }
});
