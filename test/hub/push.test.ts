import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { sealed } from "../../lib/card/seal.js";
import { LibbertError, push, type UploadEvent } from "../../lib/index.js";
import { setEnvironment, temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { type HubModel, newCommit, TOKEN } from "./hub-model.js";
import type { PushFaults } from "./push-routes.js";
import { FILES, machineWithHub, NAME } from "./support.js";

const REPOSITORY = "tiny-org/films";
const { "README.md": _, ...MODEL } = FILES;

/** A Hub without the repository, a folder with a model and what does not belong to it, and a call that pushes it. */
async function machine(t: TestContext, faults: PushFaults = {}) {
  const models: Record<string, HubModel> = {};
  const { server } = await machineWithHub(t, {}, { push: faults }, models);
  setEnvironment(t, { HF_TOKEN: TOKEN });
  const folder = join(temporaryFolder(t), "films");
  mkdirSync(folder, { recursive: true });
  cpSync(goldenPath("tiny-bert"), folder, { recursive: true });
  const pushed = (options: object = {}) => push({ model: folder, repository: REPOSITORY, ...options });
  const there = () => {
    const { ".gitattributes": _attributes, ...files } = models[REPOSITORY]!.files;
    return files;
  };
  return { server, models, folder, pushed, there };
}

function fails(call: Promise<unknown>, message: RegExp, code: string, option?: string): Promise<void> {
  return assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof LibbertError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(`${error.message} ${error.stack} ${error.cause}`, new RegExp(`${TOKEN}|signature`));
    assert.deepEqual([error.code, error.option], [code, option]);
    return true;
  });
}

test("a model's files and its card come to a new repository in one commit, and nothing else of its folder", async (t) => {
  const { server, models, folder, pushed, there } = await machine(t);
  const module = {
    "onnx/model.onnx": "graph",
    "1_Pooling/config.json": "{}",
    "0_Own/model.safetensors": "weights",
  };
  const modules = JSON.stringify([
    { path: "" },
    { path: "1_Pooling" },
    { path: "0_Own/" },
    { path: "../films" },
  ]);
  const sent = { "README.md": "# A card", "modules.json": modules, ...module };
  const others = {
    "training_report.json": "{}",
    "log.jsonl": "{}",
    "settings.json": "{}",
    "snapshots/step-1/model.safetensors": "snapshot",
    "1_Pooling/notes.txt": "mine",
    "onnx/notes.txt": "mine",
    ".lock/token": "lock",
    "notes.md": "mine",
  };
  for (const [path, text] of Object.entries({ ...sent, ...others })) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const events: UploadEvent[] = [];
  const result = await pushed({
    private: true,
    message: "First",
    onProgress: (e: UploadEvent) => events.push(e),
  });
  const expected = {
    ...MODEL,
    ...Object.fromEntries(Object.entries(sent).map(([path, text]) => [path, Buffer.from(text)])),
  };
  assert.deepEqual(there(), expected);
  const { commit, access, message } = models[REPOSITORY]!;
  assert.deepEqual([access, message], ["private", "First"]);
  assert.deepEqual(result, { url: `${server.url}/${REPOSITORY}`, commit });
  const size = MODEL["model.safetensors"]!.length;
  assert.deepEqual(events.filter(({ file }) => file === "model.safetensors").at(-1), {
    ...{ type: "upload", file: "model.safetensors", loaded: size, total: size },
  });
  assert.equal(server.requests.filter((request) => request.includes("/commit/")).length, 1);
});

test("what the Hub has is not sent again; what is of another model goes, and what is nobody's stays", async (t) => {
  const { server, models, folder, pushed, there } = await machine(t);
  const { commit } = await pushed();
  server.requests.length = 0;
  assert.equal((await pushed()).commit, commit);
  assert.ok(!server.requests.some((request) => /PUT|commit|preupload/.test(request)));
  const others = { "notes.md": Buffer.from("mine"), "training_report.json": Buffer.from("{}") };
  const left = { "modules.json": Buffer.from("[]"), "1_Pooling/config.json": Buffer.from("{}") };
  Object.assign(models[REPOSITORY]!.files, others, left);
  writeFileSync(join(folder, "config.json"), `${readFileSync(join(folder, "config.json"))}\n`);
  await pushed();
  assert.deepEqual(there(), {
    ...MODEL,
    ...others,
    "config.json": readFileSync(join(folder, "config.json")),
  });
  assert.ok(!server.requests.some((request) => request.includes("PUT")));
});

test("graphs stay beside the weights that they were made of, and go with them", async (t) => {
  const { models, folder, pushed, there } = await machine(t);
  await pushed();
  models[REPOSITORY]!.files["onnx/model.onnx"] = Buffer.from("graph");
  writeFileSync(join(folder, "README.md"), "# A card");
  await pushed();
  assert.deepEqual([`${there()["README.md"]}`, `${there()["onnx/model.onnx"]}`], ["# A card", "graph"]);
  const weights = readFileSync(join(folder, "model.safetensors"));
  weights[weights.length - 1]! ^= 1;
  writeFileSync(join(folder, "model.safetensors"), weights);
  await pushed();
  assert.deepEqual([there()["model.safetensors"], there()["onnx/model.onnx"]], [weights, undefined]);
});

test("an export comes beside the weights of a repository, in the place of other graphs alone", async (t) => {
  const { models, folder, pushed, there } = await machine(t);
  await pushed();
  const files = models[REPOSITORY]!.files;
  files["onnx/model_fp16.onnx"] = Buffer.from("other graph");
  files["1_Pooling/config.json"] = Buffer.from("{}");
  rmSync(join(folder, "model.safetensors"));
  mkdirSync(join(folder, "onnx"));
  writeFileSync(join(folder, "onnx/model.onnx"), "graph");
  await pushed();
  const more = { "onnx/model.onnx": Buffer.from("graph"), "1_Pooling/config.json": Buffer.from("{}") };
  assert.deepEqual(there(), { ...MODEL, ...more });
});

test("a card that was written on the Hub stays, unless somebody wrote the one here, too", async (t) => {
  const { models, folder, pushed, there } = await machine(t);
  const card = () => there()["README.md"]?.toString();
  const write = (text: string) => writeFileSync(join(folder, "README.md"), text);
  write(sealed("first"));
  await pushed();
  write(sealed("second"));
  await pushed();
  assert.equal(card(), sealed("second"));
  models[REPOSITORY]!.files["README.md"] = Buffer.from("theirs");
  await pushed();
  assert.equal(card(), "theirs");
  write("mine");
  await pushed();
  assert.equal(card(), "mine");
});

test("a large file is sent in parts where the Hub wants it so", async (t) => {
  const { server, pushed, there } = await machine(t, { partSize: 40_000 });
  const size = MODEL["model.safetensors"]!.length;
  const loaded: number[] = [];
  await pushed({ onProgress: (event: UploadEvent) => loaded.push(event.loaded) });
  assert.deepEqual(there(), MODEL);
  const parts = server.requests.filter((request) => request.startsWith("PUT /parts/"));
  assert.equal(parts.length, Math.ceil(size / 40_000));
  assert.deepEqual([loaded.at(-1), loaded.toSorted((a, b) => a - b)], [size, loaded]);
});

test("busy answers and lost connections are tried again; a commit whose answer was lost is not made twice", async (t) => {
  const faults = {
    "/create": 503,
    "/preupload/": 0,
    "/objects/batch": 429,
    "/storage/": 0,
    "/verify/": 500,
    "/commit/": 0,
  };
  const answers = Object.fromEntries(Object.entries(faults).map(([kind, fault]) => [kind, [fault]]));
  const busy = await machine(t, { answers });
  await busy.pushed();
  assert.deepEqual(busy.there(), MODEL);
  for (const kind of Object.keys(faults)) {
    const asked = busy.server.requests.filter((request) => request.includes(kind));
    assert.equal(asked.length, kind === "/preupload/" || kind === "/objects/batch" ? 3 : 2, kind);
  }
  const { server, pushed, there, models } = await machine(t, { answers: { "/commit/": [1] } });
  const { commit } = await pushed();
  assert.deepEqual([there(), commit], [MODEL, models[REPOSITORY]!.commit]);
  assert.equal(server.requests.filter((request) => request.includes("/commit/")).length, 1);
});

test("where somebody else commits meanwhile, the model is compared again and committed on top", async (t) => {
  let commits = 0;
  const faults: PushFaults = {};
  const { models, pushed, there } = await machine(t, faults);
  faults.beforeCommit = () => {
    if (commits++ > 0) return;
    models[REPOSITORY]!.commit = newCommit();
    models[REPOSITORY]!.files["notes.md"] = Buffer.from("theirs");
  };
  await pushed();
  assert.equal(commits, 2);
  assert.deepEqual(there(), { ...MODEL, "notes.md": Buffer.from("theirs") });
});

test("what the Hub refuses is told by the option at fault, with its own words and without the token", async (t) => {
  const refused: [string, number, RegExp, string, string?][] = [
    [
      "/create",
      401,
      /^Expected a token of the Hub for token .* HTTP 401 .*\(no: Bearer …\)$/,
      "ERR_OPTION",
      "token",
    ],
    ["/create", 403, /^Expected a token that may write to tiny-org\/films for token /, "ERR_OPTION", "token"],
    [
      "/preupload/",
      404,
      /^Expected a repository that the token may write to for repository /,
      "ERR_OPTION",
      "repository",
    ],
    ["/commit/", 400, /commit\/main but received HTTP 400 .*\(no: Bearer …\)$/, "ERR_RUNTIME"],
    ["/storage/", 403, /^Expected a token that may write to /, "ERR_OPTION", "token"],
  ];
  for (const [kind, status, message, code, option] of refused) {
    const { pushed } = await machine(t, { answers: { [kind]: [status] } });
    await fails(pushed(), message, code, option);
  }
  const { pushed } = await machine(t, { ignored: ["vocab.txt"] });
  await fails(
    pushed(),
    /the \.gitignore of tiny-org\/films leaves out vocab\.txt$/,
    "ERR_RUNTIME",
    "repository",
  );
});

test("nothing is sent without a token, a model or a repository's whole name, or where HF_HUB_OFFLINE forbids it", async (t) => {
  const { server, folder, pushed } = await machine(t);
  await fails(
    pushed({ repository: "films" }),
    /^Expected a name such as organisation\/model/,
    "ERR_OPTION",
    "repository",
  );
  await fails(pushed({ revision: "0".repeat(40) }), /^Expected a branch/, "ERR_OPTION", "revision");
  await fails(
    pushed({ model: NAME }),
    /^Expected a model folder with config\.json/,
    "ERR_CHECKPOINT",
    "model",
  );
  setEnvironment(t, { HF_TOKEN: undefined });
  await fails(
    pushed(),
    /^Expected a token that may write to tiny-org\/films for token/,
    "ERR_OPTION",
    "token",
  );
  setEnvironment(t, { HF_TOKEN: TOKEN, HF_HUB_OFFLINE: "1" });
  await fails(pushed(), /HF_HUB_OFFLINE forbids one$/, "ERR_RUNTIME");
  setEnvironment(t, { HF_HUB_OFFLINE: undefined });
  rmSync(join(folder, "model.safetensors"));
  await fails(
    pushed(),
    /^Expected a model folder with config\.json and weights or graphs/,
    "ERR_CHECKPOINT",
    "model",
  );
  assert.deepEqual(server.requests, []);
});

test("a private model does not come to a repository that everybody may read", async (t) => {
  const { models, pushed } = await machine(t);
  await pushed();
  const message =
    /^Expected no value, as everybody may read tiny-org\/films, which is there already, for private/;
  await fails(pushed({ private: true }), message, "ERR_OPTION", "private");
  models[REPOSITORY]!.access = "private";
  await pushed({ private: true });
});

test("a token that may not make repositories may write to one that is there", async (t) => {
  const answers: Record<string, number[]> = {};
  const { pushed, there } = await machine(t, { answers });
  await pushed();
  answers["/create"] = [403];
  await pushed();
  assert.deepEqual(there(), MODEL);
});

test("a branch is made where there is none, and a pull request is one already", async (t) => {
  const { models, server, pushed } = await machine(t);
  assert.equal((await pushed({ revision: "v1/try" })).url, `${server.url}/${REPOSITORY}/tree/v1/try`);
  assert.deepEqual(models[REPOSITORY]!.tags, ["v1/try"]);
  await pushed({ revision: "v1/try" });
  server.requests.length = 0;
  await pushed({ revision: "refs/pr/1" });
  assert.ok(!server.requests.some((request) => request.includes("/branch/")));
});

test("a folder that changes while it is sent is not committed", async (t) => {
  const { models, folder, pushed } = await machine(t);
  const onProgress = () => writeFileSync(join(folder, "vocab.txt"), "other");
  await fails(pushed({ onProgress }), /some have changed; nothing was committed$/, "ERR_RUNTIME", "model");
  assert.deepEqual(Object.keys(models[REPOSITORY]!.files), [".gitattributes"]);
});

test("an abort, and what a listener throws, end a push", async (t) => {
  const { models, pushed } = await machine(t);
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("enough"));
  await assert.rejects(pushed({ signal: controller.signal, onProgress: stop }), /^Error: enough$/);
  const onProgress = () => {
    throw new RangeError("no");
  };
  await assert.rejects(pushed({ onProgress }), RangeError);
  assert.deepEqual(Object.keys(models[REPOSITORY]!.files), [".gitattributes"]);
});
