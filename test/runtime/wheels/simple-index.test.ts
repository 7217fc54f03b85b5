import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { LibbertError } from "../../../lib/errors.js";
import { filesOf } from "../../../lib/runtime/wheels/simple-index.js";
import { setEnvironment } from "../fakes.js";

const SHA256 = "0123456789abcdef".repeat(4);

/** The names and hashes that are read from a page. */
async function read(t: TestContext, type: "html" | "json", page: string): Promise<[string, unknown][]> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": `text/${type}` }).end(page);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  setEnvironment(t, { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" });
  const { port } = server.address() as AddressInfo;
  const files = await filesOf(new URL(`http://127.0.0.1:${port}/simple/`), "torch");
  return files.map(({ file, sha256 }) => [file, sha256]);
}

test("one bad link, or file, does not spoil the others of a page", async (t) => {
  const html = `<a href="100%.whl">a</a><a href="http://[/b.whl">b</a><a href="c%2B1.whl#sha256=${SHA256}">c</a>`;
  assert.deepEqual(await read(t, "html", html), [
    ["100%.whl", undefined],
    ["c+1.whl", SHA256],
  ]);
  const files = [
    null,
    { filename: "a" },
    { filename: "b", url: "http://[/b" },
    { filename: "c", url: "c" },
    { filename: "d", url: "d", hashes: { sha256: 7 } },
    { filename: "e", url: "e", hashes: { sha256: SHA256 } },
  ];
  assert.deepEqual(await read(t, "json", JSON.stringify({ files })), [
    ["c", undefined],
    ["d", undefined],
    ["e", SHA256],
  ]);
});

test("what is no page of an index is refused in one sentence", async (t) => {
  for (const [page, received] of [
    ["{", /^Expected an index of packages at http.*\/simple\/torch\/ but received .*JSON/],
    ["null", /but received JSON without a list of files$/],
    ["{}", /but received JSON without a list of files$/],
  ] as const)
    await assert.rejects(read(t, "json", page), (error) => {
      assert.ok(error instanceof LibbertError);
      assert.match(error.message, received);
      return true;
    });
});
