/**
 * One of the servers that bench/serving.ts compares: a Fastify application whose `POST /embed` makes vectors with libbert, or with
 * transformers.js, in float32. `GET /figures` says how its event loop and its memory are. Prints its address when it is ready.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { env, pipeline } from "@huggingface/transformers";
import { type FastifyInstance, fastify } from "fastify";
import { libbertPlugin } from "../lib/fastify.js";

const { values: options } = parseArgs({
  options: {
    program: { type: "string", default: "libbert" },
    model: { type: "string", default: "" },
  },
});

/** What the timer of the measurement waits itself. */
const RESOLUTION_MS = 10;

/** What a server says of itself since it was last asked. */
export interface ServerFigures {
  /** By how many milliseconds the event loop was late. */
  lateP99: number;
  residentMiB: number;
  /** Milliseconds of the processors, all threads together. */
  processorMs: number;
}

/** An application as one writes it with transformers.js: each request is a call. */
async function addTransformersJs(app: FastifyInstance, model: string): Promise<void> {
  env.allowRemoteModels = false;
  env.localModelPath = "/";
  const extract = await pipeline("feature-extraction", resolve(model), { dtype: "fp32" });
  app.post<{ Body: { inputs: string } }>("/embed", async ({ body }) => {
    const vectors = await extract(body.inputs, { pooling: "mean", normalize: true });
    return vectors.tolist();
  });
}

let usage = process.cpuUsage();

/** Since it was last asked. */
function processorMs(): number {
  const { user, system } = process.cpuUsage(usage);
  usage = process.cpuUsage();
  return (user + system) / 1000;
}

const app = fastify({ pluginTimeout: 0 });
if (options.program === "transformers.js") await addTransformersJs(app, options.model);
else
  await app.register(libbertPlugin, {
    models: { minilm: options.model },
    dtype: "float32",
    bearerToken: "bench",
  });

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
app.get("/figures", async (): Promise<ServerFigures> => {
  const status = readFileSync("/proc/self/status", "utf8");
  const lateP99 = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS);
  delay.reset();
  const residentMiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024;
  return { lateP99, residentMiB, processorMs: processorMs() };
});
console.log(await app.listen({ port: 0 }));
delay.enable();
process.once("SIGTERM", () => app.close());
