import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { describe, expected, LibbertError } from "../../errors.js";
import { reasonOf } from "../../files/write-error.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { parseOptions } from "../../options/parse-options.js";
import { pathField } from "../../options/path-option.js";
import {
  limitOptions,
  type ServingSettings,
  servedModelOptions,
  servingOptions,
} from "../../serving/options.js";
import { addRoutes } from "../../serving/routes.js";
import { ServedModels } from "../../serving/served-models.js";
import { ServingMetrics } from "../../serving/serving-metrics.js";
import { notice } from "../notice.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const TOKEN_VARIABLE = "LIBBERT_SERVE_TOKEN";

const commandOptions = z.strictObject({
  model: z
    .array(pathField())
    .min(1)
    .describe(
      `${MODEL}, which requests call as it is given here; NAME=FOLDER has them call it NAME; given once for each, the first for requests that name none`,
    )
    .register(optionMeta, { keepsCommas: true }),
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("address to listen at; 0.0.0.0 for every address of the machine"),
  port: z.int().min(0).max(65535).default(8080).describe("port to listen at; 0 for any that is free"),
  tokenFile: pathField()
    .optional()
    .describe("file with the token that requests must have in Authorization: Bearer ...")
    .register(optionMeta, { defaultText: `${TOKEN_VARIABLE}; without it, none is asked for` }),
  ...limitOptions,
  ...servedModelOptions,
});

/** `libbert serve` */
export function serveCommand(): Command {
  return schemaCommand("serve", commandOptions, run)
    .description(
      "answer requests over HTTP, as text-embeddings-inference and OpenAI's embeddings do; SIGTERM answers what was accepted, " +
        "and ends; SIGHUP loads the models anew",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  libbert serve --model runs/films\n" +
        "  libbert serve --model search=sentence-transformers/all-MiniLM-L6-v2 --model runs/ranker --port 80 --host 0.0.0.0 \\\n" +
        "    --token-file /run/secrets/token\n" +
        '  curl 127.0.0.1:8080/predict --json \'{"inputs": "a gripping film"}\'',
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model, host, port, tokenFile, ...others } = options;
  const settings = parseOptions(servingOptions, {
    ...others,
    models: namedModels(model),
    bearerToken: tokenOf(tokenFile),
  });
  const app = await createApplication(settings);
  const log = app.log.child({}, { level: "info" });
  const models = await ServedModels.open(settings, log, { signal, onProgress: downloadProgress() });
  addRoutes(app, { models, settings, metrics: new ServingMetrics() });
  const reload = () => void models.reload(); // the log says what comes of it
  process.on("SIGHUP", reload);
  try {
    const address = await app.listen({ host, port });
    tellAddress(address, { json, settings, host });
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    process.off("SIGHUP", reload);
    await app.close();
  }
}

/** An application that says in its log, a JSON object a line, what goes wrong. */
async function createApplication({ timeout }: ServingSettings) {
  const { fastify } = await loadFastify();
  const app = fastify({
    logger: { level: "warn", stream: process.stderr }, // and not what is told of every request
    requestTimeout: Math.ceil(timeout * 1000), // a request that is sent slowly may take as long as its answer
  });
  return app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      error: `There is no ${request.method} ${request.url}: docs/serving.md has the routes`,
      error_type: "Validation",
    }),
  );
}

/** @throws LibbertError ERR_RUNTIME where it is not installed: it comes with applications that serve, not with libbert */
async function loadFastify() {
  try {
    return await import("fastify");
  } catch (cause) {
    throw new LibbertError(
      "ERR_RUNTIME",
      "libbert serve needs Fastify, which is not there: npm install fastify@5",
      { cause },
    );
  }
}

/** `search=models/a` is called search, `models/a` as it is given: what has a slash before the = is a path. */
function namedModels(given: readonly string[]): Record<string, string> {
  const models = new Map<string, string>();
  for (const text of given) {
    const [, name = text, source = text] = /^([^/=]+)=(.+)$/.exec(text) ?? [];
    if (models.has(name)) throw expected(`one model only for the name ${describe(name)}`, "model", text);
    models.set(name, source);
  }
  return Object.fromEntries(models);
}

function tokenOf(file: string | undefined): string | undefined {
  const token = file === undefined ? process.env[TOKEN_VARIABLE] : readToken(file);
  const name = file === undefined ? TOKEN_VARIABLE : "tokenFile";
  if (token?.trim() === "")
    throw new LibbertError("ERR_OPTION", `Expected a token in ${name} but it is empty`, {
      option: "tokenFile",
    });
  return token?.trim();
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const message = `Expected a readable file for tokenFile but received ${describe(file)}: ${reasonOf(cause)}`;
    throw new LibbertError("ERR_OPTION", message, { cause, option: "tokenFile" });
  }
}

function tellAddress(
  address: string,
  { json, settings, host }: { json: boolean; settings: ServingSettings; host: string },
): void {
  const names = Object.keys(settings.models);
  const isOpen = settings.bearerToken === undefined && !/^(127\.|::1$|localhost$)/.test(host);
  if (isOpen) notice(`whoever reaches ${host} can use the models, as there is no --token-file`);
  console.log(
    json ? JSON.stringify({ address, models: names }) : `Serving ${names.join(", ")} at ${address}`,
  );
}
