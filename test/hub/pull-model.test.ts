import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { DownloadEvent } from "../../lib/hub/options.js";
import { pullModel } from "../../lib/hub/pull-model.js";
import { setEnvironment } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { filesOf, gitHashOf, TOKEN } from "./hub-model.js";
import { assertWhole, COUNT, fails, repository, snapshot, WEIGHTS } from "./pulled.js";
import { COMMIT, FILES, machineWithHub, NAME, OTHERS } from "./support.js";

test("a model is fetched by its name: the files that libbert reads, into Python's layout", async (t) => {
  const { server, cache } = await machineWithHub(t);
  const events: DownloadEvent[] = [];
  const pulled = await pullModel(NAME, {}, { onProgress: (event) => events.push(event) });
  assert.deepEqual(pulled, { folder: snapshot(cache), commit: COMMIT });
  assertWhole(cache);
  assert.equal(readFileSync(join(repository(cache), "refs/main"), "utf8"), COMMIT);
  const config = readlinkSync(join(snapshot(cache), "config.json"));
  assert.equal(config, `../../blobs/${gitHashOf(FILES["config.json"]!)}`);
  const last = events.findLast(({ file }) => file === "model.safetensors");
  assert.deepEqual(last, {
    ...{ type: "download", file: "model.safetensors" },
    ...{ loaded: WEIGHTS.length, total: WEIGHTS.length },
  });
  assert.equal(server.requests[0], `GET /api/models/${NAME}/revision/main?blobs=true`);
  assert.equal(server.requests.length, 1 + COUNT + 1); // weights are found elsewhere
});

test("a branch with a slash is a revision like others; what leads out of the cache is none", async (t) => {
  const { cache } = await machineWithHub(t);
  await pullModel(NAME, { revision: "refs/pr/1" });
  assert.equal(readFileSync(join(repository(cache), "refs/refs/pr/1"), "utf8"), COMMIT);
  for (const revision of ["../../x", "/x", "a//b", ""])
    await fails(
      pullModel(NAME, { revision }),
      /^Expected a branch, a tag or a commit for/,
      "ERR_OPTION",
      "revision",
    );
  const message =
    /^Expected a branch, a tag or a commit of tiny-org\/tiny-bert for revision but received "v9"/;
  await fails(pullModel(NAME, { revision: "v9" }), message, "ERR_CHECKPOINT", "revision");
});

test("of a model in shards, the index and the shards are fetched", async (t) => {
  const files = filesOf(goldenPath("tiny-bert-sharded"));
  const { cache } = await machineWithHub(t, { files: { ...files, ...OTHERS } });
  await pullModel(NAME, {});
  assertWhole(cache, files);
});

test("of a model of sentence-transformers, the modules are fetched that modules.json names", async (t) => {
  const modules = [
    { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
    { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
    { idx: 2, name: "2", path: "2_Dense_256", type: "sentence_transformers.models.Dense" },
    { idx: 3, name: "3", path: "../../../../outside", type: "sentence_transformers.models.Dense" },
  ];
  const files: Record<string, Buffer> = {
    "1_Pooling/config.json": Buffer.from("{}"),
    "2_Dense_256/config.json": Buffer.from("{}"),
    "2_Dense_256/model.safetensors": Buffer.from("weights"),
    ...FILES,
    "modules.json": Buffer.from(JSON.stringify(modules)),
  };
  const others = {
    "2_Dense_1024/model.safetensors": Buffer.from("other weights"),
    "2_Dense_256/pytorch_model.bin": Buffer.from("pickle"),
  };
  const { cache } = await machineWithHub(t, { files: { ...files, ...others } });
  await pullModel(NAME, {});
  assert.deepEqual(Object.keys(filesOf(snapshot(cache))).sort(), Object.keys(files).sort());
});

test("a path of a file that leads out of the model's folder, or would steer a terminal, is refused", async (t) => {
  for (const path of ["../config.json", "/config.json", "a/../../b", "a\u001b[2J.bin", "a\nb.bin"]) {
    const { cache } = await machineWithHub(t, { files: { ...FILES, [path]: Buffer.from("{}") } });
    await fails(pullModel(NAME, {}), /but received another answer$/, "ERR_RUNTIME");
    assert.ok(!existsSync(repository(cache)));
  }
});

test("a download that is cut goes on where it was, in this call or in a later one", async (t) => {
  const files = { "config.json": FILES["config.json"]!, "model.safetensors": WEIGHTS };
  const cuts = [1e9, 1000, 2000];
  const { server, cache } = await machineWithHub(t, { files }, { cuts, statuses: [200, 200, 200, 200, 401] });
  await pullModel(NAME, {});
  const ranges = server.requests.filter((request) => request.includes("/storage/"));
  assert.deepEqual(
    ranges.map((request) => request.split(" ")[2]),
    [undefined, "bytes=1000-", "bytes=3000-"],
  );
  assertWhole(cache, files);

  const later = await machineWithHub(t, { files }, { cuts: [1e9, 5000], statuses: [200, 200, 401] });
  await fails(pullModel(NAME, {}), /token/, "ERR_CHECKPOINT", "model");
  await pullModel(NAME, {});
  assert.match(later.server.requests.at(-1)!, / bytes=5000-$/);
  assertWhole(later.cache, files);
});

test("a busy server is asked again, for revisions and for files", async (t) => {
  const { cache } = await machineWithHub(t, {}, { questions: [503, 429], statuses: [429, 503] });
  await pullModel(NAME, {});
  assertWhole(cache);
});

test("what is not what the Hub says is refused and not kept: another content, more of it, less of it", async (t) => {
  const files = { "config.json": FILES["config.json"]!, "model.safetensors": WEIGHTS };
  const otherWeights = Buffer.from(WEIGHTS).fill(1, 100, 101);
  const otherConfig = Buffer.from(files["config.json"]).fill(1, 10, 11);
  const cases: [Buffer[], RegExp][] = [
    [[otherConfig], /^Expected git-sha1 [0-9a-f]{40} for http.*config\.json but received [0-9a-f]{40}$/],
    [
      [files["config.json"], otherWeights],
      /^Expected sha256 [0-9a-f]{64} for http.* but received [0-9a-f]{64}$/,
    ],
    [
      [Buffer.concat([files["config.json"], otherConfig])],
      /^Expected \d+ bytes for http.* but received more$/,
    ],
  ];
  for (const [contents, message] of cases) {
    const { cache } = await machineWithHub(t, { files }, { contents });
    await fails(pullModel(NAME, {}), message, "ERR_RUNTIME");
    assert.ok(!existsSync(join(repository(cache), "refs")));
    await pullModel(NAME, {});
    assertWhole(cache, files);
  }
});

test("a length that is announced wrong is noticed, and the rest is asked for", async (t) => {
  const { cache } = await machineWithHub(t, {}, { lengths: [0, -20, 0, 5] });
  await pullModel(NAME, {});
  assertWhole(cache);
});

test("a private model is shown to a token, which goes to no other host, and into no message", async (t) => {
  const { server, cache } = await machineWithHub(t, { access: "private" });
  const message =
    /^Expected a model folder.*"tiny-org\/tiny-bert": .* has no such folder, and http:\S+ shows no model.*HF_TOKEN/;
  await fails(pullModel(NAME, {}), message, "ERR_CHECKPOINT", "model");
  const wrong = pullModel(NAME, { token: `${TOKEN}x` });
  await fails(wrong, /shows no model of that name to whoever has this token/, "ERR_CHECKPOINT", "model");
  await fails(pullModel(NAME, { token: `${TOKEN}\nx` }), /printable/, "ERR_OPTION", "token");
  await pullModel(NAME, { token: TOKEN });
  assertWhole(cache);
  assert.ok(server.authorizations.every((line) => line.startsWith(new URL(server.url).host)));
  assert.equal(server.authorizations.length, 2 + COUNT);
});

test("a gated model asks for a token and an agreement", async (t) => {
  await machineWithHub(t, { access: "gated" });
  const message =
    /^Expected the right to read tiny-org\/tiny-bert but .* accepted its terms at http.*tiny-bert/;
  await fails(pullModel(NAME, {}), message, "ERR_CHECKPOINT", "token");
  setEnvironment(t, { HF_TOKEN: TOKEN });
  await pullModel(NAME, {});
});

test("the token that hf auth login has stored is used, unless HF_HUB_DISABLE_IMPLICIT_TOKEN says not to", async (t) => {
  const { cache } = await machineWithHub(t, { access: "private" });
  const home = join(cache, "..");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "token"), `${TOKEN}\n`);
  setEnvironment(t, { HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" });
  await fails(pullModel(NAME, {}), /shows no model/, "ERR_CHECKPOINT", "model");
  setEnvironment(t, { HF_HUB_DISABLE_IMPLICIT_TOKEN: undefined });
  await pullModel(NAME, {});
  setEnvironment(t, { HF_TOKEN_PATH: join(home, "hub") });
  await pullModel(NAME, { localFilesOnly: true }); // which needs no token
  await fails(pullModel(NAME, {}), /^Expected a readable file with the Hub's token/, "ERR_RUNTIME", "token");
});

test("a folder's misspelt name and a Hub that is not there make one sentence, at once", async (t) => {
  const { server, cache } = await machineWithHub(t);
  server.stop();
  const before = Date.now();
  await fails(
    pullModel("runs/frist", {}),
    new RegExp(
      `received "runs/frist": ${process.cwd()} has no such folder, and ${cache} has none, and the Hub could not be asked \\(.*ECONNREFUSED`,
    ),
    "ERR_RUNTIME",
    "model",
  );
  assert.ok(Date.now() - before < 400); // no pause, and no second try
});

test("a commit that the Hub answers with another one is refused", async (t) => {
  const asked = "a".repeat(40);
  const { cache } = await machineWithHub(t, { tags: [asked] });
  const message = new RegExp(`^Expected commit ${asked} from http\\S+ but received commit ${COMMIT}$`);
  await fails(pullModel(NAME, { revision: asked }), message, "ERR_RUNTIME");
  assert.ok(!existsSync(repository(cache)));
});

test("a user and a password in HF_ENDPOINT are in no message", async (t) => {
  const { server } = await machineWithHub(t, { access: "gated" });
  setEnvironment(t, { HF_ENDPOINT: server.url.replace("http://", `http://me:${TOKEN}@`) });
  await fails(pullModel(NAME, {}), /accepted its terms at http:\/\/127/, "ERR_CHECKPOINT", "token");
  await fails(pullModel("a/b", {}), /http:\/\/127\S+ shows no model/, "ERR_CHECKPOINT", "model");
  await fails(pullModel(NAME, { revision: "v9" }), /which http:\/\/127/, "ERR_CHECKPOINT", "revision");
  setEnvironment(t, { HF_ENDPOINT: `me:${TOKEN}@hub` });
  await fails(pullModel(NAME, {}), /in HF_ENDPOINT but received "hub"$/, "ERR_RUNTIME");
});

test("where a model has no safetensors, pytorch_model.bin is fetched, or its shards, also of a module", async (t) => {
  const dense = { idx: 1, name: "1", path: "2_Dense", type: "sentence_transformers.models.Dense" };
  const beside = {
    "config.json": FILES["config.json"]!,
    "modules.json": Buffer.from(JSON.stringify([dense])),
  };
  const pickles = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, Buffer.from("pickle")]));
  const shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"];
  const index = { weight_map: { a: shards[0], b: shards[1] } };
  for (const weights of [
    pickles("pytorch_model.bin", "2_Dense/pytorch_model.bin"),
    { ...pickles(...shards), "pytorch_model.bin.index.json": Buffer.from(JSON.stringify(index)) },
  ]) {
    const others = pickles("rust_model.ot", "pytorch_model.fp16.bin");
    const { cache } = await machineWithHub(t, { files: { ...beside, ...weights, ...others } });
    await pullModel(NAME, {});
    const expected = Object.keys({ ...beside, ...weights }).sort();
    assert.deepEqual(Object.keys(filesOf(snapshot(cache))).sort(), expected);
  }
});

test("what says that an adapter is to be added to the weights is fetched, as it is refused where the model is loaded", async (t) => {
  const files = { ...FILES, "adapter_config.json": Buffer.from("{}"), "adapter_model.bin": Buffer.from("x") };
  const { cache } = await machineWithHub(t, { files });
  await pullModel(NAME, {});
  assertWhole(cache, { ...FILES, "adapter_config.json": Buffer.from("{}") });
});

test("a model without weights that libbert reads is refused before anything is fetched", async (t) => {
  const { "pytorch_model.bin": _, ...others } = OTHERS;
  const { server } = await machineWithHub(t, { files: { "config.json": FILES["config.json"]!, ...others } });
  const message =
    /^Expected model\.safetensors or pytorch_model\.bin, .* in tiny-org\/tiny-bert at revision "main" but it has onnx\/model\.onnx;/;
  await fails(pullModel(NAME, {}), message, "ERR_CHECKPOINT", "model");
  assert.equal(server.requests.length, 1);
});

test("an abort ends a download with the signal's reason, and a later call goes on", async (t) => {
  const { cache } = await machineWithHub(t, {}, { cuts: [100] });
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("enough"));
  await assert.rejects(
    pullModel(NAME, {}, { signal: controller.signal, onProgress: stop }),
    /^Error: enough$/,
  );
  await pullModel(NAME, {});
  assertWhole(cache);
});
