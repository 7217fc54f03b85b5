import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { beginnings, fetchTorch, machineWithIndex, message, TORCH } from "./machine.js";

test("a download that is cut goes on where it was", async (t) => {
  const { server } = await machineWithIndex(t, [TORCH], { cuts: [100, 0, 50] });
  assert.equal((await fetchTorch()).version, "2.13.0");
  const begun = beginnings(server);
  assert.equal(begun.length, 4);
  assert.deepEqual(
    begun,
    begun.toSorted((a, b) => a - b),
  );
  assert.ok(begun[3]! > 0, `${begun}`);
});

test("a server that cannot begin in the middle sends all of it again", async (t) => {
  const { server } = await machineWithIndex(t, [TORCH], { cuts: [100], withoutRanges: true });
  assert.equal((await fetchTorch()).version, "2.13.0");
  assert.equal(beginnings(server).length, 2);
});

test("what an earlier fetch has left of a download is continued, be it all of it", async (t) => {
  const { downloads, server } = await machineWithIndex(t, [TORCH]);
  for (const there of [70, TORCH.content.length]) {
    mkdirSync(downloads, { recursive: true });
    writeFileSync(join(downloads, `${TORCH.sha256}.incomplete`), TORCH.content.subarray(0, there));
    writeFileSync(join(downloads, `${"0".repeat(64)}.incomplete`), "of another wheel");
    await fetchTorch();
    assert.deepEqual(readdirSync(downloads), []);
  }
  assert.deepEqual(beginnings(server), [70, TORCH.content.length]);
});

test("a server that is busy for a while is asked again; one that stays so is given up", async (t) => {
  const { server } = await machineWithIndex(t, [TORCH], { statuses: [503, 429] });
  assert.equal((await fetchTorch()).version, "2.13.0");
  assert.equal(beginnings(server).length, 3);
  const busy = await machineWithIndex(t, [TORCH], { statuses: [503, 503, 503, 503, 503] });
  await assert.rejects(
    fetchTorch(),
    message(/^Expected an answer from http.*\.whl but received HTTP 503 Service/),
  );
  assert.equal(beginnings(busy.server).length, 5);
});

test("a server that refuses is asked once", async (t) => {
  const { server, cache } = await machineWithIndex(t, [TORCH], { statuses: [403] });
  await assert.rejects(
    fetchTorch(),
    message(/^Expected an answer from http.*\.whl but received HTTP 403 Forbidden$/),
  );
  assert.equal(beginnings(server).length, 1);
  assert.deepEqual(readdirSync(join(cache, "libtorch")), []);
});

test("a file that the index lists but does not have is told as such", async (t) => {
  await machineWithIndex(t, [TORCH], { statuses: [404] });
  const absent = /^Expected an answer from http.*\.whl but received HTTP 404 Not Found$/;
  await assert.rejects(fetchTorch(), message(absent));
});

test("a file with another hash is refused with both, and not kept", async (t) => {
  const { downloads } = await machineWithIndex(t, [TORCH], { sha256: () => "0".repeat(64) });
  const both = new RegExp(`^Expected sha256 0{64} for http://127.*torch-.*whl but received ${TORCH.sha256}$`);
  await assert.rejects(fetchTorch(), message(both));
  assert.deepEqual(readdirSync(downloads), []);
});

test("a file that the index gives no hash of is refused", async (t) => {
  await machineWithIndex(t, [TORCH], { sha256: () => undefined });
  await assert.rejects(
    fetchTorch(),
    message(/^Expected a SHA-256 for torch-2\.13.*whl from its index but received none$/),
  );
});

test("a hash in upper case is the same one, in both forms of an index", async (t) => {
  for (const html of [false, true]) {
    await machineWithIndex(t, [TORCH], { html, sha256: (real) => real.toUpperCase() });
    assert.equal((await fetchTorch()).version, "2.13.0");
  }
});

test("what is no hash counts as none, and is no part of a path", async (t) => {
  for (const html of [false, true]) {
    for (const hash of ["../../no-hash", `${TORCH.sha256}0`, "0123"]) {
      const { cache } = await machineWithIndex(t, [TORCH], { html, sha256: () => hash });
      await assert.rejects(fetchTorch(), message(/^Expected a SHA-256 for torch-.* but received none$/));
      assert.ok(!existsSync(join(cache, "../no-hash")), hash);
    }
  }
});
