import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { push } from "../../lib/index.js";
import { setEnvironment, temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { withoutPython } from "../support/python.js";
import { filesOf, type HubModel, TOKEN } from "./hub-model.js";
import { machineWithHub } from "./support.js";

const start = promisify(execFile);
const MODEL = filesOf(goldenPath("tiny-bert"));
const OTHER = filesOf(goldenPath("tiny-bert-tokens"));

test("Python's huggingface_hub pushes to the server of these tests, and gets what libbert pushed there", {
  skip: withoutPython,
}, async (t) => {
  const models: Record<string, HubModel> = {};
  const { server } = await machineWithHub(t, {}, { push: {} }, models);
  setEnvironment(t, { HF_TOKEN: TOKEN, HF_HUB_DISABLE_XET: "1" });
  const folder = join(temporaryFolder(t), "got");
  const program = join(temporaryFolder(t), "program.py");
  writeFileSync(
    program,
    `
import sys
from huggingface_hub import HfApi, snapshot_download
pushed, folder = sys.argv[1:]
api = HfApi()
for _ in range(2):
    api.create_repo("tiny-org/python", private=True, exist_ok=True)
    api.upload_folder(repo_id="tiny-org/python", folder_path=pushed, commit_message="From Python")
snapshot_download("tiny-org/libbert", local_dir=folder)
`,
  );
  await push({ model: goldenPath("tiny-bert-tokens"), repository: "tiny-org/libbert" });
  const { stdout } = await start(process.env.LIBBERT_REFERENCE_PYTHON!, [
    program,
    goldenPath("tiny-bert"),
    folder,
  ]);
  assert.equal(stdout, "");
  const { ".gitattributes": attributes, ...files } = models["tiny-org/python"]!.files;
  assert.ok(attributes && server.requests.some((request) => request.startsWith("PUT /storage/")));
  assert.deepEqual([files, models["tiny-org/python"]!.message], [MODEL, "From Python"]);
  assert.equal(models["tiny-org/python"]!.access, "private");
  const got = Object.entries(filesOf(folder)).filter(([path]) => path in OTHER);
  assert.deepEqual(Object.fromEntries(got), OTHER);
});
