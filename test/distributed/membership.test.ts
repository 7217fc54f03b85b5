import assert from "node:assert/strict";
import { test } from "node:test";
import { firstHost, membershipOf, requireAlone } from "../../lib/distributed/membership.js";
import { setEnvironment } from "../runtime/fakes.js";

const torchrun = {
  RANK: "3",
  WORLD_SIZE: "4",
  LOCAL_RANK: "1",
  MASTER_ADDR: "node1",
  MASTER_PORT: "29500",
  TORCHELASTIC_USE_AGENT_STORE: "True",
  TORCHELASTIC_RESTART_COUNT: "2",
};

test("a process that no launcher started is on its own, and so is the only one of a launcher", () => {
  assert.equal(membershipOf({}), null);
  assert.equal(membershipOf({ RANK: "0", WORLD_SIZE: "1" }), null);
});

test("torchrun's variables give the rank among the processes", () => {
  assert.deepEqual(membershipOf(torchrun), {
    rank: 3,
    size: 4,
    localRank: 1,
    host: "node1",
    port: 29500,
    isServedByRank0: false,
    attempt: 2,
  });
});

test("Slurm's variables count within srun, and not in the batch script around it", () => {
  const batch = {
    SLURM_JOB_ID: "70012",
    SLURM_NTASKS: "4",
    SLURM_PROCID: "0",
    SLURM_LOCALID: "0",
    SLURM_JOB_NODELIST: "gpu[03-04]",
  };
  assert.equal(membershipOf(batch), null);
  const step = {
    ...batch,
    SLURM_STEP_ID: "0",
    SLURM_STEP_NUM_TASKS: "4",
    SLURM_PROCID: "2",
    SLURM_STEP_NODELIST: "gpu[03-04]",
  };
  const member = { rank: 2, size: 4, localRank: 0, isServedByRank0: true, attempt: 0 };
  assert.deepEqual(membershipOf(step), { ...member, host: "gpu03", port: 20012 });
  const named = { ...step, MASTER_ADDR: "10.0.0.1", MASTER_PORT: "1234" };
  assert.deepEqual(membershipOf(named), { ...member, host: "10.0.0.1", port: 1234 });
});

test("the first host of a Slurm node list is found in each of its forms", () => {
  const lists = { gpu7: "gpu7", "gpu7,gpu9": "gpu7", "gpu[03-07,12],big1": "gpu03", "a-b[1,3]": "a-b1" };
  for (const [list, host] of Object.entries(lists)) assert.equal(firstHost(list), host);
  assert.equal(firstHost(undefined), undefined);
});

test("what only one process can do refuses several", (t) => {
  requireAlone("search()");
  setEnvironment(t, torchrun);
  assert.throws(() => requireAlone("search()"), {
    message: "Expected one process, as for search(), for WORLD_SIZE but received 4",
  });
});

test("a variable that is missing or wrong, or contradicts another, is named, with what was expected", () => {
  const wrong: [object, string][] = [
    [{ RANK: "4" }, 'Expected an integer from 0 to 3 for RANK but received "4"'],
    [{ RANK: undefined }, "Expected an integer from 0 to 3 for RANK but received undefined"],
    [{ RANK: "1.0" }, 'Expected an integer from 0 to 3 for RANK but received "1.0"'],
    [{ RANK: "" }, 'Expected an integer from 0 to 3 for RANK but received ""'],
    [{ WORLD_SIZE: "many" }, 'Expected an integer from 1 to 100000 for WORLD_SIZE but received "many"'],
    [{ WORLD_SIZE: "1e9" }, 'Expected an integer from 1 to 100000 for WORLD_SIZE but received "1e9"'],
    [{ WORLD_SIZE: undefined }, "Expected an integer from 1 to 100000 for WORLD_SIZE but received undefined"],
    [{ LOCAL_RANK: "-1" }, 'Expected an integer from 0 to 3 for LOCAL_RANK but received "-1"'],
    [{ LOCAL_RANK: "4" }, 'Expected an integer from 0 to 3 for LOCAL_RANK but received "4"'],
    [
      { LOCAL_RANK: "2", LOCAL_WORLD_SIZE: "2" },
      'Expected an integer from 0 to 1 for LOCAL_RANK but received "2"',
    ],
    [{ LOCAL_WORLD_SIZE: "5" }, 'Expected an integer from 1 to 4 for LOCAL_WORLD_SIZE but received "5"'],
    [{ MASTER_ADDR: undefined }, "Expected the machine of rank 0 for MASTER_ADDR but received undefined"],
    [{ MASTER_ADDR: "" }, 'Expected the machine of rank 0 for MASTER_ADDR but received ""'],
    [{ MASTER_ADDR: "a:29500" }, 'Expected the machine of rank 0 for MASTER_ADDR but received "a:29500"'],
    [{ MASTER_ADDR: "tcp//a" }, 'Expected the machine of rank 0 for MASTER_ADDR but received "tcp//a"'],
    [{ MASTER_PORT: "99999" }, 'Expected an integer from 1 to 65535 for MASTER_PORT but received "99999"'],
    [
      { MASTER_PORT: undefined },
      "Expected an integer from 1 to 65535 for MASTER_PORT but received undefined",
    ],
    [
      { TORCHELASTIC_RESTART_COUNT: "x" },
      'Expected an integer of at least 0 for TORCHELASTIC_RESTART_COUNT but received "x"',
    ],
  ];
  for (const [change, message] of wrong)
    assert.throws(() => membershipOf({ ...torchrun, ...change }), { code: "ERR_OPTION", message });
});

test("addresses of IPv6 are machines", () => {
  assert.equal(membershipOf({ ...torchrun, MASTER_ADDR: "fd00::7" })!.host, "fd00::7");
});

test("a variable of Slurm that is wrong is named as Slurm calls it", () => {
  const step = { SLURM_STEP_ID: "0", SLURM_STEP_NUM_TASKS: "2", SLURM_PROCID: "2" };
  assert.throws(() => membershipOf(step), {
    message: 'Expected an integer from 0 to 1 for SLURM_PROCID but received "2"',
  });
});
