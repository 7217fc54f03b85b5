import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../bench/gpu.js", import.meta.url));

test("bench:gpu prints a row for each size and training, here on the CPU", () => {
  const device = ["--device", "cpu", "--dtype", "float32", "--matrix-size", "128"];
  const trainings = ["--sizes", "tiny", "--trainings", "up-to-128,full-512"];
  const settings = [...device, ...trainings, "--steps", "1", "--tokens-per-batch", "512"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...settings], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const rows = stdout.split("\n").filter((line) => line.startsWith("| tiny"));
  assert.equal(rows.length, 2, stdout);
  for (const row of rows)
    assert.match(
      row,
      /^\| tiny \| pre-training, [^|]+ \| [1-9]\d+ \| [\d.]+ \| \d+ % \| not run \| \d+ % \| {2}\|$/,
    );
});

test("bench:gpu names what it can time", () => {
  const { status, stderr } = spawnSync(process.execPath, [program, "--device", "cpu", "--trainings", "sst"], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /Expected sst2, sst2-by-8, up-to-128, up-to-512, full-512 for --trainings but received sst\n/,
  );
});
