/**
 * Vectors over HTTP: clients that ask for one sentence at a time, of libbert and of transformers.js in a Fastify application, in turn on
 * this machine; and of libbert while its model is replaced every second. See bench/README.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { loadModel } from "../lib/index.js";
import type { ServerFigures } from "./embedding-server.js";
import { readSentences } from "./labelled-texts.js";
import { median } from "./median.js";
import { describeProcessor } from "./processor.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    clients: { type: "string", default: "64" },
    requests: { type: "string", default: "10000" },
    repeats: { type: "string", default: "1" },
  },
});

const SENTENCES = 872;
const WARM_UP = 200;
const HEADERS = { authorization: "Bearer bench", "content-type": "application/json" };

const sentences = (await readSentences(join(options.data, "sst2/dev.tsv"), SENTENCES)).map(
  ({ text }) => text,
);

interface Program {
  name: string;
  /** Of the server. */
  parameters: string[];
  /** Whether its model is replaced every second. */
  isReloaded: boolean;
}

/** `processorMs` is for one request. */
interface Figures extends ServerFigures {
  perSecond: number;
  p50: number;
  p99: number;
  /** What was taken more since the warm-up. */
  grownMiB: number;
  reloads: number;
}

/** Starts a server, has the clients ask it, and ends it. */
async function measured({ parameters, isReloaded }: Program): Promise<Figures> {
  const server = spawn(process.execPath, [join(import.meta.dirname, "embedding-server.js"), ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pool = new Pool(await firstLine(server), { connections: Number(options.clients) + 2 });
  try {
    await askedFor(pool, WARM_UP);
    const before = await figuresOf(pool);
    const reloading = isReloaded ? reloadEverySecond(pool) : null;
    const start = performance.now();
    const latencies = (await askedFor(pool, Number(options.requests))).sort((a, b) => a - b);
    const seconds = (performance.now() - start) / 1000;
    const reloads = (await reloading?.stop()) ?? 0;
    const after = await figuresOf(pool);
    const at = (share: number) => latencies[Math.floor(share * latencies.length)]!;
    return {
      perSecond: latencies.length / seconds,
      p50: at(0.5),
      p99: at(0.99),
      ...after,
      processorMs: after.processorMs / latencies.length,
      grownMiB: after.residentMiB - before.residentMiB,
      reloads,
    };
  } finally {
    await pool.close();
    server.kill();
    await once(server, "exit");
  }
}

async function firstLine(server: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface(server.stdout!), "line")) as [string];
  return line;
}

/** Each client asks for one sentence after the other. @returns the milliseconds that each request took */
async function askedFor(pool: Pool, requests: number): Promise<number[]> {
  const latencies: number[] = [];
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const inputs = sentences[next++ % sentences.length]!;
      const start = performance.now();
      const [vector] = (await post(pool, "/embed", { inputs })) as number[][];
      latencies.push(performance.now() - start);
      if (!vector!.every(Number.isFinite)) throw new Error(`No vector for ${inputs}`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.clients) }, client));
  return latencies;
}

async function post(pool: Pool, path: string, body: object): Promise<unknown> {
  const answer = await pool.request({ path, method: "POST", headers: HEADERS, body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text);
}

async function figuresOf(pool: Pool): Promise<ServerFigures> {
  const { body } = await pool.request({ path: "/figures", method: "GET" });
  return (await body.json()) as ServerFigures;
}

/** A second after the other, or as often as the machine can. */
function reloadEverySecond(pool: Pool): { stop(): Promise<number> } {
  let isOver = false;
  const reloads = (async () => {
    let count = 0;
    for (let due = performance.now() + 1000; !isOver; due = Math.max(due + 1000, performance.now())) {
      await new Promise((done) => setTimeout(done, due - performance.now()));
      if (isOver) break;
      await post(pool, "/reload", {});
      count++;
    }
    return count;
  })();
  return {
    stop: () => {
      isOver = true;
      return reloads;
    },
  };
}

/** @param base the runs that these stand beside */
function row(name: string, runs: readonly Figures[], base: readonly Figures[]): string {
  const of = (figure: keyof Figures, some = runs) => median(some.map((run) => run[figure]));
  const times = (figure: "perSecond" | "p50" | "p99" | "processorMs") =>
    (of(figure) / of(figure, base)).toFixed(2);
  const cells = [
    name,
    `${of("perSecond").toFixed(0)} (${times("perSecond")})`,
    `${of("p50").toFixed(0)} (${times("p50")})`,
    `${of("p99").toFixed(0)} (${times("p99")})`,
    `${of("processorMs").toFixed(1)} (${times("processorMs")})`,
    of("lateP99").toFixed(1),
    `${of("residentMiB").toFixed(0)} (${of("grownMiB") < 0 ? "" : "+"}${of("grownMiB").toFixed(0)})`,
    of("reloads").toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

await inTemporaryFolder(async (folder) => {
  const exported = join(folder, "export");
  await using model = await loadModel(options.model, { task: "features", dtype: "float32" });
  await model.exportOnnx(exported);
  const own = ["--program", "libbert", "--model", options.model];
  const programs: Program[] = [
    {
      name: "transformers.js",
      parameters: ["--program", "transformers.js", "--model", exported],
      isReloaded: false,
    },
    { name: "libbert", parameters: own, isReloaded: false },
    { name: "libbert, replaced every second", parameters: own, isReloaded: true },
  ];
  const runs = programs.map((): Figures[] => []);
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    for (const [index, program] of programs.entries()) {
      const figures = await measured(program);
      console.error(program.name, figures);
      runs[index]!.push(figures);
    }
  }
  console.log(
    `${describeProcessor()}, float32: ${options.requests} requests of ${options.clients} clients\n`,
  );
  console.log(
    "| | answers/s | p50, ms | p99, ms | processor, ms a request | event loop late, p99, ms | MiB (grown) | reloads |",
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [index, { name }] of programs.entries()) console.log(row(name, runs[index]!, runs[0]!));
});
