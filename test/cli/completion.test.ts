import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { libbertInProcess } from "./in-process.js";

const directory = temporaryDirectory();
const paths: Record<string, string> = {};

const lacks = (shell: string) =>
  spawnSync(shell, ["--version"]).status === 0 ? false : `there is no ${shell} on this machine`;

before(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout, stderr } = await libbertInProcess(["completion", shell]);
    assert.equal(status, 0, stderr);
    paths[shell] = join(directory, shell);
    writeFileSync(paths[shell], stdout);
  }
});

/** What bash would offer at the end of each line. */
function offeredByBash(...lines: string[]): string[][] {
  const ask = `
source "$1"; shift
for line; do
  read -ra COMP_WORDS <<< "$line"
  case "$line" in *" ") COMP_WORDS+=("") ;; esac
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _libbert
  echo "\${COMPREPLY[*]}"
done`;
  const { status, stdout, stderr } = spawnSync("bash", ["-uc", ask, "bash", paths.bash!, ...lines], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").filter(Boolean));
}

test("bash completes commands, flags and their values, and leaves paths to itself", () => {
  const [commands, flags, values, files, shells, ofLaunched, launched, all] = offeredByBash(
    "libbert ev",
    "libbert fine-tune --grad",
    "libbert fine-tune --model x --schedule ",
    "libbert predict --model ",
    "libbert completion ",
    "libbert launch --processes 2 pretrain --objective ",
    "libbert launch --processes 2 ",
    "libbert ",
  ) as [string[], string[], string[], string[], string[], string[], string[], string[]];
  assert.deepEqual(commands.slice(0, 1), ["evaluate"]);
  assert.deepEqual(flags, ["--gradient-checkpointing"]);
  assert.deepEqual(values, ["linear", "constant", "cosine"]);
  assert.deepEqual(files, []);
  assert.deepEqual(shells.slice(0, 3), ["bash", "zsh", "fish"]);
  assert.deepEqual(ofLaunched, ["mlm+nsp", "mlm", "causal"]);
  assert.ok(launched.includes("--restarts"));
  assert.ok(all.includes("doctor") && all.includes("--version"));
});

test("zsh takes the script", { skip: lacks("zsh") }, () => {
  const ask = 'source "$1"; (( $+functions[_libbert] )) && [[ -n "$_comps[libbert]" ]]';
  const { status, stderr } = spawnSync("zsh", ["-fc", ask, "zsh", paths.zsh!], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("fish completes commands, flags and their values", { skip: lacks("fish") }, () => {
  const offered = (line: string) => {
    const ask = `source $argv[1]; complete -C $argv[2]`;
    const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", ask, paths.fish!, line], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    return stdout.split("\n").map((one) => one.split("\t")[0]);
  };
  assert.ok(offered("libbert fine-t").includes("fine-tune"));
  assert.ok(offered("libbert fine-tune --grad").includes("--gradient-checkpointing"));
  assert.deepEqual(offered("libbert fine-tune --schedule li"), ["linear", ""]);
});

test("a shell that has no script is refused with those that have one", async () => {
  const { status, stderr } = await libbertInProcess(["completion", "tcsh"]);
  assert.equal(status, 2);
  assert.match(stderr, /tcsh.*bash, zsh, fish/);
});
