import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareTinyCorpus, snapshotNames, TINY } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { ended, libbert, startLibbert } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const directory = temporaryDirectory();
let pretrain: string[];

before(async () => {
  const data = await prepareTinyCorpus(join(directory, "shards"));
  pretrain = [
    "pretrain",
    "--data",
    data,
    "--continue-from",
    TINY,
    "--max-seq-length",
    "32",
    "--batch-size",
    "4",
  ];
});

const twice = ["launch", "--processes", "2"];

test("launch runs a command on several processes, of which the first speaks and the others write to a log", () => {
  const outputDir = join(directory, "run");
  const course = ["--steps", "6", "--log-every", "2", "--output-dir", outputDir, "--json"];
  const { status, stdout, stderr } = libbert([...twice, ...pretrain, ...course]);
  assert.equal(status, 0, stderr);
  const { steps, metrics } = JSON.parse(stdout);
  assert.equal(steps, 6);
  assert.ok(metrics.perplexity > 1);
  assert.equal(stderr.match(/^Step 2\/6: .*reduction \d+\.\d ms, \d+\.\d ms after backward$/gm)?.length, 1);
  const [log] = readdirSync(join(outputDir, "logs"));
  assert.equal(log, "rank-1.log");
  const lines = readFileSync(join(outputDir, "logs/rank-1.log"), "utf8");
  assert.match(lines, /^Pre-training \d+ parameters.*\n(.*\n)*Step 6\/6: /);
});

test("launch runs any program, and tells each process its rank", () => {
  const program =
    "const { RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR } = process.env; console.log(RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR)";
  const { status, stdout } = libbert([...twice, process.execPath, "-e", program]);
  assert.equal(status, 0);
  assert.equal(stdout, "0 0 2 127.0.0.1\n");
});

test("launch ends with the code of the process that failed, and with --restarts starts all anew before", () => {
  const program =
    "process.exitCode = process.env.RANK === '1' && process.env.TORCHELASTIC_RESTART_COUNT < 2 ? 3 : 0";
  const failed = libbert([...twice, "--restarts", "1", process.execPath, "-e", program]);
  assert.equal(failed.status, 3);
  assert.equal(
    failed.stderr,
    "libbert launch: A process failed with exit code 3: starting all anew (1 of 1 times)\n",
  );
  assert.equal(libbert([...twice, "--restarts", "2", process.execPath, "-e", program]).status, 0);
});

test("a bad number of processes, and a program that is not there, are told", async () => {
  const bad = libbert(["launch", "--processes", "none", "doctor"]);
  assert.equal(bad.status, 2);
  assert.match(
    bad.stderr,
    /--processes <number>' argument 'none' is invalid. Expected an integer from 1 to 1024/,
  );
  for (const program of ["no-such-program", directory, ""]) {
    const missing = await libbertInProcess([...twice, program]);
    assert.equal(missing.status, 2);
    const received = `for command but received "${program}"`;
    assert.equal(missing.stderr, `libbert: Expected a command of libbert, or a program, ${received}\n`);
  }
});

test("what is wrong with a command is said by each process, and ends all", () => {
  const { status, stderr } = libbert([
    ...twice,
    ...pretrain,
    "--steps",
    "5",
    "--output-dir",
    join(directory, "shards"),
  ]);
  assert.equal(status, 2);
  const [first, second] = stderr
    .trimEnd()
    .split("\n")
    .sort((a, b) => a.length - b.length);
  assert.match(first!, /^libbert: Expected an empty or new directory for --output-dir but received /);
  assert.match(second!, /^libbert \(rank 1\): Rank 0 of 2 ended: Expected an empty or new directory/);
});

for (const [signal, code] of [
  ["SIGTERM", 75],
  ["SIGINT", 130],
] as const) {
  test(`${signal} to the launcher saves a snapshot to go on from and ends with code ${code}`, async () => {
    const outputDir = join(directory, signal);
    const child = startLibbert([
      ...twice,
      ...pretrain,
      "--steps",
      "100000",
      "--log-every",
      "1",
      "--output-dir",
      outputDir,
    ]);
    const log = join(outputDir, "log.jsonl");
    while (!existsSync(log) || readFileSync(log, "utf8").split("\n").length < 4) await sleep(50);
    child.kill(signal);
    const end = await ended(child);
    assert.equal(end.code, code, end.stderr);
    assert.match(
      end.stderr,
      new RegExp(
        `^libbert: Interrupted by ${signal}; --resume --output-dir .* goes on from the last snapshot$`,
        "m",
      ),
    );
    assert.equal(snapshotNames(outputDir).length, 1);
  });
}

/** A program that answers no signal but SIGKILL, from when it has written its number to standard error. */
const STUBBORN =
  "for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => {}); console.error(process.pid); for (;;);";

/** Starts it twice, and waits for both. */
async function startStubborn(grace: string) {
  const launch = ["launch", "--processes", "2", "--grace", grace, process.execPath, "-e", STUBBORN];
  const child = startLibbert(launch);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const pids = () => stderr.match(/^\d+$/gm)?.map(Number) ?? [];
  while (pids().length < 2) await sleep(50);
  return { child, end: ended(child), pids: pids() };
}

/** Whether there is such a process, and it has not only been left unread by its parent. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

test("processes that do not end in their time after SIGTERM, or before a second Ctrl-C, are killed, with a word", async () => {
  const [slow, impatient] = await Promise.all([startStubborn("1"), startStubborn("60")]);
  slow.child.kill("SIGTERM");
  impatient.child.kill("SIGINT");
  setTimeout(() => impatient.child.kill("SIGINT"), 700);
  const [first, second] = await Promise.all([slow.end, impatient.end]);
  assert.equal(first.code, 143);
  assert.match(first.stderr, /^libbert launch: Killed ranks 0, 1, not ended after 1 seconds of SIGTERM$/m);
  assert.equal(second.code, 130);
  assert.match(
    second.stderr,
    /^libbert launch: Killed ranks 0, 1, not ended after a second signal \(SIGINT\)$/m,
  );
  assert.deepEqual([...slow.pids, ...impatient.pids].filter(isRunning), []);
});

test("processes of a launcher that was killed end, even where they compute and answer no signal", async () => {
  const { child, end, pids } = await startStubborn("0");
  child.kill("SIGKILL");
  assert.match((await end).stderr, /^libbert launch: the launcher was killed; /m);
  // Nobody is left to wait for them: the kernel takes a moment to end a process that was killed.
  for (const deadline = Date.now() + 5000; pids.some(isRunning) && Date.now() < deadline; ) await sleep(20);
  assert.deepEqual(pids.filter(isRunning), []);
});

test("doctor --distributed measures the ranks and what is between them; alone it says how to start", async () => {
  const { status, stdout, stderr } = libbert([...twice, "doctor", "--distributed", "--json"]);
  assert.equal(status, 0, stderr);
  const { latency, allReduce, ranks } = JSON.parse(stdout);
  assert.ok(latency > 0 && latency < 10);
  assert.deepEqual(
    allReduce.map(({ bytes }: { bytes: number }) => bytes),
    [2 ** 20, 2 ** 23, 2 ** 26],
  );
  assert.ok(ranks.every(({ flops, sending }: Record<string, number>) => flops! > 0 && sending! > 0));
  const alone = await libbertInProcess(["doctor", "--distributed"]);
  assert.equal(alone.status, 2);
  assert.match(alone.stderr, /^libbert: Expected several processes \(start them with libbert launch/);
});
