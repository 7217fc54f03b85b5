import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pullModel } from "../../lib/hub/pull-model.js";
import { setEnvironment } from "../runtime/fakes.js";
import { assertWhole, fails, repository, snapshot, warnings } from "./pulled.js";
import { COMMIT, machineWithHub, NAME } from "./support.js";

test("what is there is not fetched again; of a commit nothing is asked", async (t) => {
  const { server, cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  server.requests.length = 0;
  await pullModel(NAME, {});
  assert.deepEqual(server.requests, [`GET /api/models/${NAME}/revision/main?blobs=true`]);
  server.requests.length = 0;
  assert.equal((await pullModel(NAME, { revision: COMMIT })).folder, snapshot(cache));
  assert.deepEqual(server.requests, []);
});

test("a damaged file is fetched again, and one whose link is gone is not", async (t) => {
  const { server, cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  appendFileSync(join(snapshot(cache), "config.json"), "more");
  rmSync(join(snapshot(cache), "vocab.txt"));
  server.requests.length = 0;
  await pullModel(NAME, {});
  assertWhole(cache);
  assert.deepEqual(server.requests.slice(1), [`GET /${NAME}/resolve/${COMMIT}/config.json`]);
});

test("offline, a copy in the cache does, and a message says what there is not", async (t) => {
  const { server, cache } = await machineWithHub(t);
  const absent =
    /nothing is fetched with localFilesOnly or HF_HUB_OFFLINE, and \S+ has no revision "main" of such a model$/;
  await fails(pullModel(NAME, { localFilesOnly: true }), absent, "ERR_CHECKPOINT", "model");
  await pullModel(NAME, {});
  server.requests.length = 0;
  for (const revision of ["main", COMMIT])
    assert.equal((await pullModel(NAME, { revision, localFilesOnly: true })).folder, snapshot(cache));
  setEnvironment(t, { HF_HUB_OFFLINE: "1" });
  assert.equal((await pullModel(NAME, {})).commit, COMMIT);
  rmSync(join(snapshot(cache), "model.safetensors"));
  const lacking = /^Expected all files of tiny-org\/tiny-bert in .* but it is without model\.safetensors$/;
  await fails(pullModel(NAME, {}), lacking, "ERR_CHECKPOINT", "model");
  assert.deepEqual(server.requests, []);
});

test("where the Hub does not answer, a copy does, with a warning; without one, the message says what was tried", async (t) => {
  const { server, cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  server.stop();
  const heard = warnings(t);
  assert.equal((await pullModel(NAME, {})).folder, snapshot(cache));
  await new Promise(setImmediate);
  assert.match(
    heard.join(),
    /^Expected an answer from http.*; the copy of tiny-org\/tiny-bert in \S+ is used$/,
  );
  const message =
    /has no such folder, and \S+ has none, and the Hub could not be asked \(Expected an answer from/;
  await fails(pullModel("tiny-org/other", {}), message, "ERR_RUNTIME", "model");
});

test("a branch's commit that a crash cut short, or that is a path, is asked for anew", async (t) => {
  const { cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  for (const text of ["", "0123", `../snapshots/${COMMIT}`]) {
    writeFileSync(join(repository(cache), "refs/main"), text);
    await fails(
      pullModel(NAME, { localFilesOnly: true }),
      /has no revision "main"/,
      "ERR_CHECKPOINT",
      "model",
    );
    assert.equal((await pullModel(NAME, {})).commit, COMMIT);
    assert.equal((await pullModel(NAME, { localFilesOnly: true })).commit, COMMIT);
  }
});

test("a folder of the cache that is a link to elsewhere is refused where links in it lead astray", async (t) => {
  const { cache } = await machineWithHub(t);
  mkdirSync(repository(cache), { recursive: true });
  mkdirSync(join(cache, "a/b/elsewhere"), { recursive: true });
  symlinkSync(join(cache, "a/b/elsewhere"), join(repository(cache), "snapshots"));
  await fails(
    pullModel(NAME, {}),
    /^Expected a link to the content of config\.json at /,
    "ERR_RUNTIME",
    "cacheDir",
  );
});

test("the cache is where an option or a variable says", async (t) => {
  const { cache } = await machineWithHub(t);
  const elsewhere = join(cache, "../elsewhere");
  setEnvironment(t, { HF_HUB_CACHE: "$HF_HOME/variable" });
  assert.equal((await pullModel(NAME, { cacheDir: elsewhere })).folder, snapshot(elsewhere));
  assert.equal((await pullModel(NAME, {})).folder, snapshot(join(cache, "../variable")));
});
