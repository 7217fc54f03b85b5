import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { metadataIn } from "../../lib/card/front-matter.js";
import { ablate, type PretrainEvent, prepareCorpus, pretrain } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { corpusFolder, tenSteps } from "../support/pretraining-runs.js";
import { filesOf, TOKEN } from "./hub-model.js";
import { COMMIT, machineWithHub, NAME } from "./support.js";

const files = filesOf(goldenPath("tiny-bert-pretraining"));

test("prepareCorpus() takes the name of a model for its vocabulary, and fetches its tokenizer alone", async (t) => {
  const { server, cache } = await machineWithHub(t, { files });
  const folder = temporaryFolder(t);
  const input = [join(folder, "..", `${folder.split("/").at(-1)}.txt`)];
  writeFileSync(input[0]!, "a good film . it was good .\n\na bad film . it was bad .\n");
  const prepare = (outputDir: string, vocab: string, options: object = {}) =>
    prepareCorpus({ input, vocab, outputDir: join(folder, outputDir), validationShare: 0, ...options });
  const named = await prepare("a", NAME);
  const local = await prepare("b", goldenPath("tiny-bert-pretraining"));
  assert.deepEqual({ ...named, directory: "" }, { ...local, directory: "" });
  const fetched = Object.keys(filesOf(join(cache, `models--tiny-org--tiny-bert/snapshots/${COMMIT}`)));
  assert.deepEqual(fetched, ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"]);
  server.stop();
  await prepare("c", NAME, { localFilesOnly: true });
  await assert.rejects(prepare("d", "runs/none", { localFilesOnly: true }), {
    code: "ERR_CHECKPOINT",
    option: "vocab",
  });
  await assert.rejects(prepare("e", folder, { revision: "main" }), {
    code: "ERR_OPTION",
    option: "revision",
  });
});

test("pretrain() goes on from a name, and resumes without it; no file has the token", async (t) => {
  const { server } = await machineWithHub(t, { files, access: "private" });
  const { data, newOutputDir } = await corpusFolder();
  const outputDir = newOutputDir();
  const types = new Set<string>();
  const onProgress = ({ type }: PretrainEvent) => void types.add(type);
  const options = { ...tenSteps, data, outputDir, continueFrom: NAME, token: TOKEN, revision: "main" };
  await pretrain({ ...options, onProgress });
  assert.ok(types.has("download") && types.has("saved"));
  for (const [file, content] of Object.entries(filesOf(outputDir))) assert.ok(!content.includes(TOKEN), file);
  assert.equal(metadataIn(readFileSync(join(outputDir, "README.md"), "utf8")).base_model, NAME);
  server.stop();
  const { steps } = await pretrain({ resume: true, outputDir, steps: 12 });
  assert.equal(steps, 12);
  await assert.rejects(pretrain({ data, steps: 1, outputDir: newOutputDir(), revision: "main" }), {
    code: "ERR_OPTION",
    option: "revision",
  });
});

test("ablate() asks for the model that all runs go on from once", async (t) => {
  const { server } = await machineWithHub(t, { files });
  const { data, newOutputDir } = await corpusFolder();
  const { steps: _, ...settings } = tenSteps;
  const base = { ...settings, data, steps: 2, continueFrom: NAME };
  await ablate({
    base,
    variants: { a: {}, b: { maskSplit: "100/0/0" } },
    seeds: [1],
    outputDir: newOutputDir(),
  });
  assert.equal(server.requests.filter((request) => request.includes("/api/")).length, 1);
});
