import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspectData } from "../../lib/session/inspect-data.js";
import { inspectionPage } from "../../lib/session/inspection-page.js";
import { libbertInProcess } from "../cli/in-process.js";
import { writeTsv } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();
const rows = [
  { text: "a <b>good</b> film", label: "good" },
  { text: "a <b>good</b> film", label: "bad" },
  { text: "the plot was dull", label: "bad" },
  { text: "", label: "bad" },
];
const against = [{ text: "the plot was dull", label: "bad" }];

test("the page of an inspection has its findings, examples, labels and lengths, with every text escaped", async () => {
  const inspection = await inspectData({ task: "classification", data: rows, against });
  const labelErrors = {
    ...{ of: "labels" as const, folds: 3, labels: ["bad", "good"], thresholds: [0.5, 0.5] },
    confidentJoint: [
      [1, 0],
      [0, 1],
    ],
    suspects: [
      {
        ...{ location: "row 7", text: "a <i>fine</i> film", label: "bad", suggested: "good" },
        ...{ probability: 0.0312, suggestedProbability: 0.9688, margin: 0.03 },
      },
    ],
  };
  const page = await inspectionPage({ ...inspection, labelErrors });
  assert.ok(inspection.findings.length >= 3);
  for (const { kind, in: source, what, examples } of inspection.findings) {
    assert.ok(page.includes(`<a href="#${source}-${kind}">${source}: ${what}</a>`), what);
    assert.ok(page.includes(`<section id="${source}-${kind}"`), what);
    for (const { location } of examples) assert.ok(page.includes(location), location);
  }
  assert.ok(
    page.includes("a &lt;b&gt;good&lt;/b&gt; film") && page.includes("a &lt;i&gt;fine&lt;/i&gt; film"),
  );
  assert.doesNotMatch(page, /<[bi]>/);
  assert.match(page, /<data value="0\.9688">0\.9688<\/data>/);
  assert.match(page, /<data value="0\.75">75\.0\u00a0%<\/data>/, "three of four labels are bad");
});

test("libbert inspect --report writes that page, and never over the rows or the JSON", async () => {
  const data = writeTsv(join(folder, "rows.tsv"), rows.slice(0, 3));
  const before = readFileSync(data);
  const inspect = ["inspect", "--task", "classification", "--data", data];
  const page = join(folder, "inspection.html");
  assert.equal((await libbertInProcess([...inspect, "--report", page])).status, 0);
  assert.match(readFileSync(page, "utf8"), /<h1>Inspection: 3 rows<\/h1>/);
  for (const words of [
    ["--report", data],
    ["--report", page, "--output", page],
  ]) {
    const { status, stderr } = await libbertInProcess([...inspect, ...words]);
    assert.equal(status, 2);
    assert.match(stderr, /Expected another file than .* for --report/);
  }
  assert.deepEqual(readFileSync(data), before);
});
