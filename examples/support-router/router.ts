// Routes support messages over HTTP: labels those that it is sure of, leaves the others to people, and learns from what they say.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fastify } from "fastify";
import { openRows } from "../json-lines.js";
import { addService } from "./service.js";
import { trainRouter } from "./training.js";

const DATA = "examples/quickstart";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "sentence-transformers/all-MiniLM-L6-v2" }, // a folder, or a name on the Hub
    train: { type: "string", default: `${DATA}/train.tsv` },
    calibration: { type: "string", default: `${DATA}/test.tsv` }, // messages that are not in --train
    precision: { type: "string", default: "0.95" }, // of the messages that it labels itself
    epochs: { type: "string", default: "6" },
    "learning-rate": { type: "string", default: "2e-4" },
    "output-dir": { type: "string", default: "runs/support-router" },
    port: { type: "string", default: "8080" },
  },
});
const folder = join(values["output-dir"], "model");
const answers = join(values["output-dir"], "answers.jsonl");
const { model, train, calibration } = values;
const [precision, epochs, learningRate] = [values.precision, values.epochs, values["learning-rate"]].map(
  Number,
) as [number, number, number];
const training = { model, train: [train], calibration, precision, epochs, learningRate, folder };

const app = fastify({ pluginTimeout: 0, logger: { stream: process.stderr } });
if (!existsSync(folder)) {
  app.log.info(`Training a router from ${model} on ${train}`);
  const known = (await openRows(answers)).length > 0 ? [train, answers] : [train];
  const { abstention } = await trainRouter({ ...training, train: known }, { logger: app.log });
  const { threshold, share } = abstention!;
  app.log.info(
    `Sure from a score of ${threshold.toFixed(2)} on: ${(100 * share).toFixed(0)} % of ${calibration}`,
  );
}
await addService(app, training, answers);
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => app.close()); // answers what it accepted
console.log(await app.listen({ port: Number(values.port) }));
