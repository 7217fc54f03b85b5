import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { LibbertError } from "../../lib/errors.js";
import { parseDatasetAddress } from "../../lib/hub/dataset-address.js";
import type { DownloadEvent } from "../../lib/hub/options.js";
import { type DatasetOptions, pullDataset } from "../../lib/hub/pull-dataset.js";
import { fineTune, loadModel } from "../../lib/index.js";
import { setEnvironment, temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { withoutPython } from "../support/python.js";
import { type HubModel, TOKEN } from "./hub-model.js";
import { startHub } from "./hub-server.js";
import { COMMIT, hubEnvironment } from "./support.js";

const NAME = "tiny-org/reviews";
const REVIEWS = readFileSync(goldenPath("parquet/reviews.parquet"));
const FILES = {
  "README.md": Buffer.from("# A card"),
  "data/train-00001-of-00002.parquet": REVIEWS,
  "data/train-00000-of-00002.parquet": REVIEWS,
  "data/test[1].csv": Buffer.from("text,label\na good film,positive\n"),
};

/** A machine with an empty cache that knows a Hub with one data set. */
async function machineWithDataset(t: TestContext, dataset: Partial<HubModel> = {}) {
  const server = await startHub({ [`datasets/${NAME}`]: { commit: COMMIT, files: FILES, ...dataset } });
  t.after(server.stop);
  const home = temporaryFolder(t);
  setEnvironment(t, hubEnvironment(server.url, home));
  return { server, snapshot: join(home, "hub/datasets--tiny-org--reviews/snapshots", COMMIT) };
}

function pull(
  address: string,
  options: DatasetOptions = {},
  events: DownloadEvent[] = [],
): Promise<string[]> {
  return pullDataset(address, "train", options, { onProgress: (event) => events.push(event) });
}

function fails(call: Promise<unknown>, code: string, message: RegExp, option = "train"): Promise<void> {
  return assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof LibbertError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, new RegExp(`\n|${TOKEN}`));
    assert.deepEqual([error.code, error.option], [code, option]);
    return true;
  });
}

test("a file of a data set is fetched, and no other, into Python's layout", async (t) => {
  const { server, snapshot } = await machineWithDataset(t);
  const events: DownloadEvent[] = [];
  const path = "data/train-00000-of-00002.parquet";
  assert.deepEqual(await pull(`hf://datasets/${NAME}/${path}`, {}, events), [join(snapshot, path)]);
  assert.deepEqual(readFileSync(join(snapshot, path)), REVIEWS);
  assert.ok(lstatSync(join(snapshot, path)).isSymbolicLink());
  assert.equal(events.at(-1)!.loaded, REVIEWS.length);
  assert.equal(readFileSync(join(snapshot, "../../refs/main"), "utf8"), COMMIT);
  assert.deepEqual(server.requests.slice(0, 2), [
    `GET /api/datasets/${NAME}/revision/main?blobs=true`,
    `GET /datasets/${NAME}/resolve/${COMMIT}/${path}`,
  ]);
  assert.equal(server.requests.length, 3); // the content is found elsewhere
});

test("a pattern stands for the files that match it, by name, and what is there is not fetched again", async (t) => {
  const { server, snapshot } = await machineWithDataset(t);
  const paths = [0, 1].map((part) => join(snapshot, `data/train-0000${part}-of-00002.parquet`));
  assert.deepEqual(await pull(`hf://datasets/${NAME}/data/train-*.parquet`), paths);
  assert.deepEqual(await pull(`hf://datasets/${NAME}/**/*.{parquet,arrow}`), paths);
  assert.deepEqual(await pull(`hf://datasets/${NAME}/data/test[1].csv`), [
    join(snapshot, "data/test[1].csv"),
  ]);
  server.requests.length = 0;
  assert.deepEqual(await pull(`hf://datasets/${NAME}@${COMMIT}/data/train-*.parquet`), paths);
  assert.deepEqual(server.requests, []);
  server.stop();
  assert.deepEqual(await pull(`hf://datasets/${NAME}/data/train-*.parquet`, { localFilesOnly: true }), paths);
});

test("a revision stands behind the name, also one with slashes", async (t) => {
  const { server, snapshot } = await machineWithDataset(t, { tags: ["refs/convert/parquet", "a/b"] });
  for (const revision of ["refs/pr/1", "refs/convert/parquet", "a%2Fb", COMMIT]) {
    const paths = await pull(`hf://datasets/${NAME}@${revision}/README.md`);
    assert.deepEqual(paths, [join(snapshot, "README.md")], revision);
  }
  const asked = server.requests
    .filter((request) => request.includes("/api/"))
    .map((request) => request.split("/revision/")[1]);
  assert.deepEqual(
    asked,
    [
      "refs/pr/1?blobs=true",
      "refs/convert/parquet?blobs=true",
      "a/b?blobs=true",
      `${COMMIT}?blobs=true`,
    ].slice(0, asked.length),
  );
  await fails(
    pull(`hf://datasets/${NAME}@v9/README.md`),
    "ERR_DATA",
    /^Expected a branch, a tag or a commit of tiny-org\/reviews for train but received "v9", which http/,
  );
});

test("what is not there is refused with the option's name and what to do", async (t) => {
  await machineWithDataset(t, { access: "private" });
  const address = `hf://datasets/${NAME}/README.md`;
  await fails(
    pull(address),
    "ERR_DATA",
    /^Expected a data set on the Hugging Face Hub for train but received "tiny-org\/reviews": http\S+ shows no data set of that name: a private one needs a token/,
  );
  assert.equal((await pull(address, { token: TOKEN })).length, 1);
  await fails(
    pull(`hf://datasets/${NAME}/data/*.json`, { token: TOKEN }),
    "ERR_DATA",
    /^Expected a file of tiny-org\/reviews at revision "main", or a pattern that matches one, for train but received "data\/\*\.json": it has README\.md, data\//,
  );
  await fails(
    pull(`hf://datasets/${NAME}@refs/pr/1/README.md`, { localFilesOnly: true }),
    "ERR_DATA",
    /nothing is fetched with localFilesOnly or HF_HUB_OFFLINE, and \S+ has no revision "refs\/pr\/1" of such a data set$/,
  );
  await fails(
    pull(`hf://datasets/${NAME}/data/*.csv`, { localFilesOnly: true }),
    "ERR_DATA",
    /^Expected all files of tiny-org\/reviews in \S+, as nothing is fetched .* but it is without data\/test\[1\]\.csv$/,
  );
  await fails(
    pull(`hf://datasets/${NAME}/data/*.tsv`, { localFilesOnly: true }),
    "ERR_DATA",
    /^Expected a file of tiny-org\/reviews at revision "main"/,
  );
});

test("what is no address of files in a data set is refused", () => {
  for (const address of [
    "hf://tiny-org/reviews/a.csv",
    "hf://spaces/tiny-org/reviews/a.csv",
    "hf://datasets/reviews",
    "hf://datasets/tiny-org/reviews",
    "hf://datasets/tiny-org/reviews/",
    "hf://datasets/tiny-org/../a.csv",
    "hf://datasets/tiny-org/reviews/../a.csv",
    "hf://datasets/tiny-org/reviews@/a.csv",
  ])
    assert.throws(() => parseDatasetAddress(address, "train"), {
      code: "ERR_OPTION",
      message: `Expected "hf://datasets/organisation/name/path", with "@revision" behind the name where it is not main, for train but received "${address}"`,
    });
});

test("fineTune() and evaluate() read rows of the Hub; the report has the files, and nowhere the token", async (t) => {
  const { snapshot } = await machineWithDataset(t, { access: "private" });
  const outputDir = join(temporaryFolder(t), "run");
  const options = {
    task: "classification",
    model: goldenPath("tiny-bert"),
    epochs: 1,
    token: TOKEN,
  } as const;
  const train = `hf://datasets/${NAME}/data/*.parquet`;
  await using model = await fineTune({ ...options, train, outputDir });
  assert.deepEqual(model.labels, ["negative", "positive"]);
  const report = readFileSync(join(outputDir, "training_report.json"), "utf8");
  const paths = JSON.parse(report).data.train.map(({ path }: { path: string }) => path);
  assert.deepEqual(
    paths,
    [0, 1].map((part) => join(snapshot, `data/train-0000${part}-of-00002.parquet`)),
  );
  assert.ok(!report.includes(TOKEN));
  const source = `hf://datasets/${NAME}/data/test[1].csv`;
  await fails(
    model.evaluate(source, { token: "hf_other" }),
    "ERR_DATA",
    /shows no data set of that name to whoever has this token/,
    "source",
  );
  assert.equal((await model.evaluate(source, { token: TOKEN })).rows, 1);
  await using again = await loadModel(outputDir, { task: "classification" });
  assert.equal((await again.evaluate([source, train], { localFilesOnly: true })).rows, 9);
});

/** Where Python finds a file of the data set. */
async function inPython(file: string, offline: boolean): Promise<string> {
  const program = `
import sys
from huggingface_hub import hf_hub_download
name, file, offline = sys.argv[1:]
print(hf_hub_download(name, file, repo_type="dataset", local_files_only=offline == "true"), end="")
`;
  const args = ["-c", program, NAME, file, String(offline)];
  return (await promisify(execFile)(process.env.LIBBERT_REFERENCE_PYTHON!, args)).stdout;
}

test("Python finds what libbert fetched, without asking for anything", { skip: withoutPython }, async (t) => {
  const { server, snapshot } = await machineWithDataset(t);
  await pull(`hf://datasets/${NAME}/README.md`);
  server.stop();
  assert.equal(await inPython("README.md", true), join(snapshot, "README.md"));
});

test("libbert finds what Python fetched, and fetches only what lacks", { skip: withoutPython }, async (t) => {
  const { server, snapshot } = await machineWithDataset(t);
  const path = "data/train-00000-of-00002.parquet";
  assert.equal(await inPython(path, false), join(snapshot, path));
  const address = `hf://datasets/${NAME}/data/*.parquet`;
  const warned = once(process, "warning");
  assert.deepEqual(await pull(address, { localFilesOnly: true }), [join(snapshot, path)]); // all that is known of
  const [{ message }] = await warned;
  assert.match(
    message,
    /data\/\*\.parquet: other files may match, as the cache has no list of all; read are \S+$/,
  );
  server.requests.length = 0;
  assert.equal((await pull(address)).length, 2);
  assert.ok(!server.requests.some((request) => request.includes(path)));
});
