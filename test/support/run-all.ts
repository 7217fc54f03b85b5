/**
 * node dist/test/support/run-all.js [FLAG...]: runs all tests but those of a GPU, with flags for `node --test`.
 *
 * Starting Node.js and loading libbert takes longer than the tests of most files. So the files of a folder share
 * processes, but for those that import own-process.js. Files that import one-thread.js share none with others: LibTorch
 * reads that number once in a process.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { globSync } from "tinyglobby";

const TESTS = "dist/test";
const SHARED = join(TESTS, "shared");
/** Of one process, so that the last one is not at work alone for long. */
const MOST_FILES = 10;
/** More than the cores of a small machine: tests wait for timers, files and other processes, too. */
const PROCESSES_AT_ONCE = 3;

const files = globSync("**/*.test.js", { cwd: TESTS, ignore: ["cuda/**", "shared/**"] }).sort();
const alone = files.filter((file) => imports(file, "own-process"));
const together = groupsOf(files.filter((file) => !alone.includes(file)));
mkdirSync(SHARED, { recursive: true });
const paths = [...alone.map((file) => join(TESTS, file)), ...together.map(writeShared)];
const flags = ["--test", `--test-concurrency=${PROCESSES_AT_ONCE}`, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, [...flags, ...paths], { stdio: "inherit" });
process.exitCode = status ?? 1;

function imports(file: string, support: string): boolean {
  return readFileSync(join(TESTS, file), "utf8").includes(`/support/${support}.js"`);
}

/** Files that share a process. */
function groupsOf(files: readonly string[]): string[][] {
  const groups: string[][] = [];
  const open = new Map<string, string[]>();
  for (const file of files) {
    const key = `${dirname(file)} ${imports(file, "one-thread")}`;
    let group = open.get(key);
    if (group === undefined || group.length === MOST_FILES) {
      group = [];
      open.set(key, group);
      groups.push(group);
    }
    group.push(file);
  }
  return groups;
}

/** Writes the file that runs a group. @returns its path, which is named after the first file */
function writeShared(group: readonly string[]): string {
  const path = join(SHARED, group[0]!.replaceAll("/", "-"));
  const paths = JSON.stringify(
    group.map((file) => join(TESTS, file)),
    null,
    2,
  );
  writeFileSync(
    path,
    `import { runTogether } from "../support/run-together.js";\n\nawait runTogether(${paths});\n`,
  );
  return path;
}
