import "../support/one-thread.js";

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../../lib/distributed/launch.js";
import { corpusFolder, remainsOf, tenSteps } from "../support/pretraining-runs.js";
import { endOf, runRanks } from "../support/ranks.js";

const RANK = fileURLToPath(new URL("../pre-training/rank.js", import.meta.url));
const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;
const TORCHRUN = PYTHON && join(dirname(PYTHON), "torchrun");
const withoutTorchrun =
  TORCHRUN && existsSync(TORCHRUN) ? false : "LIBBERT_REFERENCE_PYTHON has no torchrun beside it";

const { directory, data } = await corpusFolder();
const options = { ...tenSteps, batchSize: 4, resume: true };
const argumentsOf = (outputDir: string) => [RANK, JSON.stringify({ ...options, data, outputDir })];
let undisturbed: ReturnType<typeof remainsOf>;

before(async () => {
  const outputDir = join(directory, "undisturbed");
  const ended = await runRanks(RANK, () => argumentsOf(outputDir).slice(1), { size: 2 });
  for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
  undisturbed = remainsOf(outputDir);
});

/** One agent of torchrun with its own workers. */
function torchrun(args: string[], within: string[] = []) {
  const [program, ...before] = [...within, TORCHRUN!, "--no-python", ...args];
  return endOf(spawn(program!, before));
}

test("torchrun serves the store of a run, and starts it anew when a rank was killed: it goes on bit for bit", {
  skip: withoutTorchrun,
}, async () => {
  const outputDir = join(directory, "restarted");
  const { code, stderr } = await torchrun([
    ...["--standalone", "--nproc-per-node", "2", "--max-restarts", "1", process.execPath],
    ...argumentsOf(outputDir),
    "log:7",
  ]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(remainsOf(outputDir), undisturbed);
});

test("two agents of torchrun on loopback, a worker each, are one run", {
  skip: withoutTorchrun,
}, async () => {
  const outputDir = join(directory, "two-agents");
  const endpoint = `127.0.0.1:${await freePort()}`;
  const agent = (rank: number) =>
    torchrun([
      ...["--nnodes", "2", "--node-rank", String(rank), "--nproc-per-node", "1"],
      ...["--rdzv-backend", "c10d", "--rdzv-endpoint", endpoint, "--rdzv-id", "1", process.execPath],
      ...argumentsOf(outputDir),
    ]);
  for (const { code, stderr } of await Promise.all([agent(0), agent(1)])) assert.equal(code, 0, stderr);
  assert.deepEqual(remainsOf(outputDir), undisturbed);
});

/** Two network namespaces, each a machine for all that a network shows, joined by a cable. */
const MACHINES = ["libbert-a", "libbert-b"] as const;
const ADDRESSES = ["10.77.0.1", "10.77.0.2"] as const;

function ip(...args: string[]): boolean {
  return spawnSync("ip", args).status === 0;
}

function connectMachines(): boolean {
  disconnectMachines();
  return (
    MACHINES.every((machine) => ip("netns", "add", machine)) &&
    ip(
      "link",
      "add",
      "libbert0",
      "netns",
      MACHINES[0],
      "type",
      "veth",
      "peer",
      "name",
      "libbert1",
      "netns",
      MACHINES[1],
    ) &&
    MACHINES.every((machine, index) => {
      const inside = (...args: string[]) => ip("-n", machine, ...args);
      return (
        inside("addr", "add", `${ADDRESSES[index]}/24`, "dev", `libbert${index}`) &&
        inside("link", "set", `libbert${index}`, "up") &&
        inside("link", "set", "lo", "up")
      );
    })
  );
}

function disconnectMachines(): void {
  for (const machine of MACHINES) ip("netns", "delete", machine);
}

test("two machines find each other by their addresses on the network between them", async (t) => {
  t.after(disconnectMachines);
  if (!connectMachines()) return t.skip("network namespaces need iproute2 and the right to make them");
  const outputDir = join(directory, "two-machines");
  const port = String(await freePort());
  const ended = MACHINES.map((machine, rank) =>
    endOf(
      spawn("ip", ["netns", "exec", machine, process.execPath, ...argumentsOf(outputDir)], {
        env: {
          ...process.env,
          RANK: String(rank),
          WORLD_SIZE: "2",
          MASTER_ADDR: ADDRESSES[0],
          MASTER_PORT: port,
        },
      }),
    ),
  );
  for (const { code, stderr } of await Promise.all(ended)) assert.equal(code, 0, stderr);
  assert.deepEqual(remainsOf(outputDir), undisturbed);
});
