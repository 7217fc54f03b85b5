import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../../lib/distributed/launch.js";
import { type Ended, type RanksOptions, runRanks, startRanks } from "../support/ranks.js";

const RANK = fileURLToPath(new URL("join-rank.js", import.meta.url));

type Wish = { facts?: object; timeoutSeconds?: number; act?: string };

const wishOf = (wish: Wish) => [JSON.stringify({ facts: {}, timeoutSeconds: 3, act: "leave", ...wish })];

function ranks(wish: (rank: number) => Wish, options: RanksOptions): Promise<Ended[]> {
  return runRanks(RANK, (rank) => wishOf(wish(rank)), options);
}

function assertAllSay(ended: readonly Ended[], message: string | RegExp): void {
  for (const { code, stderr } of ended) {
    assert.equal(code, 1, stderr);
    if (typeof message === "string") assert.equal(stderr, `ERR_DISTRIBUTED: ${message}\n`);
    else assert.match(stderr, message);
  }
}

test("ranks that come leave without an error", async () => {
  for (const { code, stderr } of await ranks(() => ({}), { size: 3 })) assert.equal(code, 0, stderr);
});

test("a rank that never comes is named by the others, when the time is over", async () => {
  const port = await freePort();
  const ended = await ranks(() => ({}), { size: 3, missing: [1], port });
  assertAllSay(ended, `Expected 3 ranks at 127.0.0.1:${port} within 3 seconds; did not come: rank 1`);
  for (const { seconds } of ended) assert.ok(seconds < 10, `${seconds}`);
});

test("ranks that rank 0 never comes to say where they looked for it", async () => {
  const port = await freePort();
  const ended = await ranks(() => ({}), { size: 2, missing: [0], port });
  assertAllSay(
    ended,
    `Expected rank 0 at MASTER_ADDR and MASTER_PORT, 127.0.0.1:${port}, within 3 seconds but received ECONNREFUSED`,
  );
});

test("a port that another program listens on is named", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const ended = await ranks(() => ({}), { size: 2, missing: [1], port });
  assertAllSay(
    ended,
    `Expected a free port for MASTER_PORT but received ${port}, which another program listens on`,
  );
});

test("a setting that differs between ranks is named by all, with both values", async () => {
  const ended = await ranks((rank) => ({ facts: { seed: 1, learningRate: rank === 2 ? 2e-5 : 1e-5 } }), {
    size: 3,
  });
  assertAllSay(
    ended,
    "Expected the same learningRate on all ranks but received 0.00001 on rank 0 and 0.00002 on rank 2",
  );
});

test("another version of LibTorch on one rank is named by all", async () => {
  const ended = await ranks((rank) => ({ facts: rank === 1 ? { "version of LibTorch": "2.11.0" } : {} }), {
    size: 2,
  });
  assertAllSay(
    ended,
    /Expected the same version of LibTorch on all ranks but received "2\.\d+\.\d+" on rank 0 and "2.11.0" on rank 1/,
  );
});

test("another number of processes on one rank is named by all", async () => {
  const environment = (rank: number) => (rank === 1 ? { WORLD_SIZE: "3" } : {});
  const ended = await ranks(() => ({}), { size: 2, environment });
  assertAllSay(ended, "Expected the same WORLD_SIZE on all ranks but received 2 on rank 0 and 3 on rank 1");
});

for (const lost of [0, 1, 3]) {
  test(`the others say that rank ${lost} of 4 was lost when it is killed, without waiting for the timeout`, async () => {
    const ended = await ranks((rank) => ({ timeoutSeconds: 60, act: rank === lost ? "die" : "sum" }), {
      size: 4,
    });
    assert.equal(ended[lost]!.signal, "SIGKILL");
    const server = "Rank 0, which the ranks meet at, was lost";
    const others = ended.filter((_, rank) => rank !== lost);
    assertAllSay(
      others,
      lost === 0 ? server : `Lost rank ${lost} of 4: the process ended, or its machine cannot be reached`,
    );
    for (const { seconds } of others) assert.ok(seconds < 20, `${seconds}`);
  });
}

test("a rank that stands still is named when the timeout has passed", async () => {
  const processes = await startRanks(RANK, (rank) => wishOf({ act: rank === 1 ? "hang" : "sum" }), {
    size: 3,
  });
  const others = await Promise.all([processes[0]!.ended, processes[2]!.ended]);
  processes[1]!.child.kill("SIGKILL");
  assertAllSay(others, "Lost rank 1 of 3: the process ended, or its machine cannot be reached");
});

test("a rank 0 that stands still, with the store in it, is named when the timeout has passed", async () => {
  const processes = await startRanks(RANK, (rank) => wishOf({ act: rank === 0 ? "hang" : "sum" }), {
    size: 3,
  });
  const others = await Promise.all([processes[1]!.ended, processes[2]!.ended]);
  processes[0]!.child.kill("SIGKILL");
  const how = "does not answer: it stands still, or its machine cannot be reached";
  assertAllSay(others, `Rank 0, which the ranks meet at, ${how}`);
});

/** What other programs do with whoever connects to their port. */
const STRANGERS: [string, (socket: Socket) => void][] = [
  ["says nothing", () => {}],
  ["hangs up", (socket) => socket.destroy()],
  ["answers everything with zeros", (socket) => socket.on("data", () => socket.write(Buffer.alloc(64)))],
];

test("a port of another program holds no rank for longer than the timeout, whatever that program does", async (t) => {
  const ends = STRANGERS.map(async ([what, serve]) => {
    const server = createServer((socket) => serve(socket.on("error", () => {})));
    await once(server.listen(0, "127.0.0.1"), "listening");
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const [end] = await ranks(() => ({ timeoutSeconds: 1 }), { size: 2, missing: [0], port });
    const where = `127.0.0.1:${port}, but what listens there did not answer as a rank does within 1 seconds`;
    assert.equal(
      end!.stderr,
      `ERR_DISTRIBUTED: Expected rank 0 at MASTER_ADDR and MASTER_PORT, ${where}\n`,
      what,
    );
  });
  await Promise.all(ends);
});

test("of two processes with one rank the second says so, and ends all", async () => {
  const environment = (rank: number) => ({ RANK: String(Math.min(rank, 1)) });
  const ended = await ranks(() => ({ timeoutSeconds: 60 }), { size: 3, environment });
  assertAllSay(ended, "Expected one process with RANK 1 but received two");
});

test("a machine without an address, and one that rank 0 is not on, are named", async () => {
  const cases: [string, number, RegExp][] = [
    [
      "no-such-host.invalid",
      1,
      /the machine of rank 0 for MASTER_ADDR but received "no-such-host.invalid", a name/,
    ],
    [
      "203.0.113.1",
      0,
      /an address of the machine that rank 0 is on for MASTER_ADDR but received "203.0.113.1"/,
    ],
  ];
  const ends = cases.map(async ([MASTER_ADDR, rank, message]) => {
    const environment = () => ({ MASTER_ADDR });
    const options = { size: 2, missing: [1 - rank], environment };
    assertAllSay(await ranks(() => ({ timeoutSeconds: 1 }), options), message);
  });
  await Promise.all(ends);
});

test("what ends one rank is what all say", async () => {
  const ended = await ranks((rank) => ({ act: rank === 1 ? "throw" : "sum" }), { size: 3 });
  assert.equal(ended[1]!.stderr, "no code: the disk is full\n");
  assertAllSay([ended[0]!, ended[2]!], "Rank 1 of 3 ended: the disk is full");
});
