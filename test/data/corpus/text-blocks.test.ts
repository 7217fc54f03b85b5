import assert from "node:assert/strict";
import { ftruncateSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { findTextFiles } from "../../../lib/data/corpus/input-files.js";
import { BLOCK_BYTES, readTextBlocks, type TextBlock } from "../../../lib/data/corpus/text-blocks.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

async function blocksOf(name: string, content: string | Uint8Array): Promise<TextBlock[]> {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, content);
  const [file] = await findTextFiles([path]);
  const blocks: TextBlock[] = [];
  for await (const block of readTextBlocks(file!)) blocks.push(block);
  return blocks;
}

const textOf = ({ bytes }: TextBlock) => Buffer.from(bytes).toString("utf8");

test("blocks end where lines end, know their first line, and are the file when put together", async () => {
  const lines = Array.from(
    { length: 60_000 },
    (_, i) => `line ${i} is so long that é few of them fill a block`,
  );
  const blocks = await blocksOf("a.txt", lines.join("\n"));
  assert.ok(blocks.length >= 3);
  for (const block of blocks) {
    const text = textOf(block);
    assert.ok(text.startsWith(`line ${block.firstLine - 1} is`));
    assert.ok(block.bytes.length < 2 * BLOCK_BYTES);
    if (block !== blocks.at(-1)) assert.ok(text.endsWith("\n"));
  }
  assert.equal(blocks.map(textOf).join(""), lines.join("\n"));
});

test("a gzip file gives the same text, and counts the bytes of the file on disk", async () => {
  const text = "some words and some more\n".repeat(200_000);
  const zipped = gzipSync(text);
  const blocks = await blocksOf("a.txt.gz", zipped);
  assert.ok(blocks.length >= 3);
  assert.equal(blocks.map(textOf).join(""), text);
  assert.equal(blocks.at(-1)!.bytesRead, zipped.length);
});

test("a text in one long line is cut after a space", async () => {
  const text = "words without a line's end ".repeat(200_000);
  const blocks = await blocksOf("a.txt", text);
  assert.ok(blocks.length >= 4);
  for (const block of blocks) assert.ok(textOf(block).endsWith(" "));
  assert.equal(blocks.map(textOf).join(""), text);
});

test("a text without any space is cut between characters", async () => {
  const text = `x${"语😀é".repeat(500_000)}`;
  const blocks = await blocksOf("a.txt", text);
  assert.ok(blocks.length >= 4);
  assert.equal(blocks.map(textOf).join(""), text); // a cut character would have become two U+FFFD
});

test("a long line of JSON stays whole", async () => {
  const long = JSON.stringify({ text: "word ".repeat(1_000_000) });
  const blocks = await blocksOf("a.jsonl", `{"text":"first"}\n${long}\n{"text":"last"}\n`);
  assert.deepEqual(
    blocks.map(({ firstLine }) => firstLine),
    [1, 2],
  );
  assert.equal(textOf(blocks[1]!), `${long}\n{"text":"last"}\n`);
});

test("a line of JSON above 256 MiB is refused before it fills the memory", async () => {
  const path = join(temporaryDirectory(), "a.jsonl");
  ftruncateSync(openSync(path, "w"), 270 << 20); // zeros that take no room on disk
  const [file] = await findTextFiles([path]);
  await assert.rejects(readTextBlocks(file!).next(), {
    code: "ERR_DATA",
    message: `${path}, line 1: Expected a line of at most 256 MiB but received a longer one`,
  });
});

test("a gzip file that is cut short, or is none, is refused by name", async () => {
  const zipped = gzipSync("text ".repeat(100_000));
  for (const content of [zipped.subarray(0, -20), Buffer.from("plain text")]) {
    await assert.rejects(blocksOf("a.txt.gz", content), {
      code: "ERR_DATA",
      message: /a\.txt\.gz: Expected a whole gzip file but received /,
    });
  }
});

test("an empty file has no blocks", async () => {
  assert.deepEqual(await blocksOf("a.txt", ""), []);
});
