import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { sectionsIn } from "../../examples/semantic-search/sections.js";
import { SectionStore } from "../../examples/semantic-search/store.js";
import { modelOfVectors } from "../session/rankings.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const PAGE = `# Delivery

We ship the film.

## Where to

So good, and \`quick\`:

\`\`\`sh
# no heading
\`\`\`

## What it costs?

It was dull.
`;

function folderOfPages(): string {
  const folder = join(temporaryDirectory(), "pages");
  mkdirSync(folder);
  writeFileSync(join(folder, "delivery.md"), PAGE);
  writeFileSync(join(folder, "music.md"), "# Music\nThe cast was funny, the music cold.\n");
  return folder;
}

test("a section is a heading with what stands below it, named by its anchor", async () => {
  assert.deepEqual(await sectionsIn(folderOfPages()), [
    { id: "delivery.md#delivery", text: "Delivery. We ship the film." },
    { id: "delivery.md#where-to", text: "Delivery: Where to. So good, and `quick`:" },
    { id: "delivery.md#what-it-costs", text: "Delivery: What it costs?. It was dull." },
    { id: "music.md#music", text: "Music. The cast was funny, the music cold." },
  ]);
});

test("of the sections that were clicked nearly all are there, and no query is in both files", async () => {
  const ids = new Set((await sectionsIn("docs")).map(({ id }) => id));
  const read = (name: string) =>
    readFileSync(`examples/semantic-search/${name}.jsonl`, "utf8").trimEnd().split("\n");
  const all = [...read("clicks"), ...read("held-out")].map((line) => JSON.parse(line));
  const gone = all.filter(({ section }) => !ids.has(section));
  assert.ok(gone.length <= all.length / 10, JSON.stringify(gone));
  assert.equal(new Set(all.map(({ query }) => query)).size, all.length);
});

test("the store gives the sections of the nearest vectors, the best first", () => {
  const path = join(temporaryDirectory(), "sections.db");
  const vectors = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(1, 1)];
  const sections = ["a", "b", "c"].map((id) => ({ id, text: `text of ${id}` }));
  {
    using store = new SectionStore(path);
    store.replaceAll(sections, vectors);
    store.replaceAll(sections, vectors);
  }
  using store = new SectionStore(path);
  const found = store.nearest(Float32Array.of(0, 2), 2);
  assert.deepEqual(
    found.map(({ id, score }) => [id, score.toFixed(3)]),
    [
      ["b", "1.000"],
      ["c", "0.707"],
    ],
  );
});

test("the example trains on clicks, measures, and finds sections, with any BERT", async () => {
  const folder = temporaryDirectory();
  const write = (name: string, rows: object[]) => {
    writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return join(folder, name);
  };
  const clicks = [
    { query: "where is it", section: "delivery.md#where-to" },
    { query: "was it funny", section: "music.md#music" },
    { query: "gone", section: "gone.md#gone" },
  ];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [
      ...["dist/examples/semantic-search/search.js", "--folder", folderOfPages()],
      ...["--model", modelOfVectors(), "--clicks", write("clicks.jsonl", clicks)],
      ...["--held-out", write("held-out.jsonl", [{ query: "the cast", section: "music.md#music" }])],
      ...["--output-dir", join(folder, "out"), "--query", "the music"],
      ...["--max-seq-length", "64"],
    ],
    { env: { ...process.env, LIBBERT_THREADS: "1" } },
  );
  assert.match(stderr, /1 clicks on sections that are gone\n.*\n?4 sections of .*, 2 clicks to learn from\n/);
  assert.match(stdout, /on 1 queries that nothing was trained on:\n( {2}.+ [01]\.\d{3} {2}[01]\.\d{3}\n){3}/);
  assert.match(
    stdout,
    /\nthe music \(by (vectors|the ranker)\)\n( {2}\d\.\d{3} {2}(delivery|music)\.md#.*…\n){3}/,
  );
  using store = new SectionStore(join(folder, "out/sections.db"));
  assert.equal(store.nearest(new Float32Array(16).fill(1), 9).length, 4);
});
