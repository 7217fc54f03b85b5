import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("The page of errors says of every code what is wrong and what to do, and names no other", () => {
  const [, union] = /type ErrorCode =(.*?);/s.exec(readFileSync("lib/errors.ts", "utf8"))!;
  const codes = [...union!.matchAll(/"(ERR_\w+)"/g)].map(([, code]) => code!);
  const page = readFileSync("docs/errors.md", "utf8");
  const rows = [...page.matchAll(/^\| `(ERR_\w+)` \| (.+) \| (.+) \|$/gm)];
  assert.ok(codes.length > 5);
  assert.deepEqual(rows.map(([, code]) => code!).sort(), codes.sort());
  const named = new Set([...page.matchAll(/`(ERR_\w+)`/g)].map(([, code]) => code!));
  assert.deepEqual([...named].sort(), codes);
});
