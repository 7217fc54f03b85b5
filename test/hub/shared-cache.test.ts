import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pullModel } from "../../lib/hub/pull-model.js";
import { loadModel } from "../../lib/index.js";
import { inPython, withoutPython } from "../support/python.js";
import { filesOf } from "./hub-model.js";
import { startHub } from "./hub-server.js";
import { COMMIT, FILES, machineWithHub, NAME } from "./support.js";

const start = promisify(execFile);
const FOLDER = "models--tiny-org--tiny-bert";
const PULL = fileURLToPath(new URL("pull-in-turn.js", import.meta.url));

function snapshot(cache: string): string {
  return join(cache, FOLDER, "snapshots", COMMIT);
}

test("of processes that fetch a model at once, one does so, and the others find it", async (t) => {
  const { server, cache } = await machineWithHub(t, {}, { cuts: [100, 100, 100] });
  const outputs = await Promise.all([1, 2, 3].map(() => start(process.execPath, [PULL, NAME])));
  for (const { stdout } of outputs) assert.equal(stdout, `${snapshot(cache)}\n`);
  assert.deepEqual(filesOf(snapshot(cache)), FILES);
  const whole = server.requests.filter((request) => /\/resolve\/\S+$/.test(request)); // none but the first asks from 0
  assert.equal(whole.length, Object.keys(FILES).length);
});

test("a process that is killed leaves a lock and a part of a file, with which the next one goes on", async (t) => {
  const faults = { cuts: [100], statuses: [200, 503, 503, 503, 503] };
  const { server, cache } = await machineWithHub(t, {}, faults);
  const child = spawn(process.execPath, [PULL, NAME], { stdio: "ignore" });
  while (faults.statuses.length > 3) await sleep(10); // it pauses after a refusal
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(readdirSync(join(cache, ".locks", FOLDER)).length, 1);
  faults.statuses.length = 0;
  server.requests.length = 0;
  await pullModel(NAME, {});
  assert.match(server.requests[1]!, / bytes=100-$/);
  assert.deepEqual(filesOf(snapshot(cache)), FILES);
  assert.deepEqual(readdirSync(join(cache, ".locks", FOLDER)), []);
});

test("a cache that cannot be written to does for what is in it; what is not is refused by the option's name", async (t) => {
  const { server, cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  server.requests.length = 0;
  const other = await startHub({ [NAME]: { commit: "f".repeat(40), files: FILES } });
  t.after(other.stop);
  await asReader(join(cache, ".."), async (uid) => {
    for (const revision of ["main", "refs/pr/1"]) {
      // of which the cache knows the first
      const { stdout } = await start(process.execPath, [PULL, NAME, revision], { uid });
      assert.equal(stdout, `${snapshot(cache)}\n`);
    }
    assert.equal(server.requests.length, 2);
    const env = { ...process.env, HF_ENDPOINT: other.url };
    const refused = start(process.execPath, [PULL, NAME], { uid, env });
    const message =
      /Expected to write the files of tiny-org\/tiny-bert to \S+ for cacheDir but received EACCES/;
    await assert.rejects(refused, ({ stderr }: { stderr: string }) => message.test(stderr));
  });
});

/** Runs `body` while a user may read a folder alone: root, who writes everywhere, is not that user. */
async function asReader(folder: string, body: (uid: number) => Promise<void>): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const paths = ["", ...names].map((name) => join(folder, name));
  const folders = paths.filter((path) => lstatSync(path).isDirectory());
  for (const path of folders) chmodSync(path, 0o555);
  const user = process.getuid!();
  try {
    await body(user === 0 ? 65534 : user); // nobody
  } finally {
    for (const path of folders) chmodSync(path, 0o755);
  }
}

test("Python loads what libbert fetched, without asking for anything", { skip: withoutPython }, async (t) => {
  const { server, cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  server.requests.length = 0;
  const program = `
import json, sys
from huggingface_hub import scan_cache_dir, snapshot_download
from transformers import AutoModelForSequenceClassification, AutoTokenizer
name, cache = sys.argv[1:]
model = AutoModelForSequenceClassification.from_pretrained(name, cache_dir=cache)
tokens = AutoTokenizer.from_pretrained(name, cache_dir=cache)("a good film", return_tensors="pt")
folder = snapshot_download(name, cache_dir=cache, allow_patterns=["*.json", "*.safetensors"], local_files_only=True)
scan = scan_cache_dir(cache)
found = [[repo.repo_id, repo.nb_files, [str(one.snapshot_path) for one in repo.revisions]] for repo in scan.repos]
print(json.dumps({"logits": model(**tokens).logits[0].tolist(), "folder": folder, "found": found, "warnings": len(scan.warnings)}))
`;
  interface Output {
    logits: number[];
    [name: string]: unknown;
  }
  const [output] = await inPython<Output>(program, [NAME, cache]);
  const { logits, ...others } = output!;
  const folder = snapshot(cache);
  const found = [[NAME, Object.keys(FILES).length, [folder]]];
  assert.deepEqual(others, { folder, found, warnings: 0 });
  await using model = await loadModel(NAME, { task: "classification", dtype: "float32" });
  const [prediction] = await model.predict(["a good film"]);
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  const scores = model.labels.map((label) => prediction!.scores[label]!);
  for (const [index, one] of exponentials.entries()) assert.ok(Math.abs(one / sum - scores[index]!) < 1e-5);
});

test("libbert loads what Python fetched, in whole or file by file, and fetches only what lacks", {
  skip: withoutPython,
}, async (t) => {
  const programs = [
    "from huggingface_hub import snapshot_download as get; get(sys.argv[1])",
    `from huggingface_hub import hf_hub_download as get; [get(sys.argv[1], name) for name in ${JSON.stringify(Object.keys(FILES))}]`,
  ];
  for (const program of programs) {
    const { server, cache } = await machineWithHub(t);
    await start(process.env.LIBBERT_REFERENCE_PYTHON!, ["-c", `import sys; ${program}`, NAME]);
    server.requests.length = 0;
    assert.equal((await pullModel(NAME, { localFilesOnly: true })).folder, snapshot(cache));
    assert.equal((await pullModel(NAME, {})).folder, snapshot(cache));
    assert.equal(server.requests.length, 1);
    rmSync(join(snapshot(cache), "model.safetensors"));
    await pullModel(NAME, {}); // whose content is there still
    assert.equal(server.requests.length, 2);
    await using _model = await loadModel(NAME, { task: "classification" });
  }
});
