import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { isInside } from "../files/inside.js";
import { ADAPTER, CALIBRATION, CARD, SENTENCE_TEXT_FILES, WEIGHT_FORMS } from "../files/model-files.js";
import { isObject } from "../is-object.js";
import type { Commit, HubFile, Listing } from "./listing.js";
import { hasFile, isKnownToLack, type Repository, snapshotFolder, storedListing } from "./repository.js";

const CONFIG = "config.json";
const MODULES = "modules.json";

/** A tokenizer, by the first of these that a model has. */
const TOKENIZERS = ["tokenizer.json", "vocab.txt"];

/** What changes a tokenizer, and what it need not have. */
const TOKENIZER_SETTINGS = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

/** What a tokenizer is read from, where a model has it. */
const OF_TOKENIZER = [
  ...[CONFIG, ...TOKENIZERS, ...TOKENIZER_SETTINGS],
  ...["vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model"],
];

/** What is read beside the weights, where a model has it. */
const BESIDE = [
  ...OF_TOKENIZER,
  ...[CALIBRATION, ADAPTER],
  ...[MODULES, "config_sentence_transformers.json", ...SENTENCE_TEXT_FILES],
];

/** What has files by their paths. */
type Paths = Pick<Listing, "has">;

/** Whether there are weights that libbert reads among some files. */
export function hasWeights(files: Paths): boolean {
  return weightsIn(files) !== undefined;
}

/** The file to begin with: the weights, or the index of their shards. */
function weightsIn(listing: Paths): string | undefined {
  return WEIGHT_FORMS.flatMap(({ single, index }) => [single, index]).find((file) => listing.has(file));
}

/** What the cache lacks of the files that libbert reads. Some name others, which are told when those are there. */
export function missingFiles(repository: Repository, { id, listing }: Commit): HubFile[] {
  const isMissing = (file: HubFile) => !hasFile(repository, id, file);
  const missing = listed(listing, [...BESIDE, weightsIn(listing)]).filter(isMissing);
  if (missing.length > 0) return missing;
  return namedFiles(listing, snapshotFolder(repository, id)).filter(isMissing);
}

/** Longer than cards are; what is in its place may be anything. */
const LONGEST_CARD = 2 ** 20;

/** The model's card, which says under which license it is: fetched with the others, and not missed where it was not. */
export function missingCard(repository: Repository, { id, listing }: Commit): HubFile[] {
  return listed(listing, [CARD]).filter(
    (file) => file.size <= LONGEST_CARD && !hasFile(repository, id, file),
  );
}

/** Whether there is a model in the cache: a whole one, as far as can be told where no listing is stored. */
export function isUsable(repository: Repository, commit: string): boolean {
  const listing = storedListing(repository, commit);
  if (listing) return missingFiles(repository, { id: commit, listing }).length === 0;
  return existsSync(join(snapshotFolder(repository, commit), CONFIG));
}

/** Whether there is a tokenizer that libbert reads among some files. */
export function hasTokenizer(files: Paths): boolean {
  return TOKENIZERS.some((file) => files.has(file));
}

/** What the cache lacks of a tokenizer's files. */
export function missingTokenizerFiles(repository: Repository, { id, listing }: Commit): HubFile[] {
  return listed(listing, OF_TOKENIZER).filter((file) => !hasFile(repository, id, file));
}

/** Whether there is a tokenizer in the cache: a whole one, as far as can be told where no listing is stored. */
export function hasTokenizerFiles(repository: Repository, commit: string): boolean {
  const listing = storedListing(repository, commit);
  if (listing) return missingTokenizerFiles(repository, { id: commit, listing }).length === 0;
  return TOKENIZERS.some((file) => existsSync(join(snapshotFolder(repository, commit), file)));
}

/** As `doubtfulFiles`, of a tokenizer. */
export function doubtfulTokenizerFiles(repository: Repository, commit: string): string[] {
  return unknownFiles(repository, commit, TOKENIZER_SETTINGS);
}

/** Files that change what a model gives, and that it need not have. */
const SILENT = [...TOKENIZER_SETTINGS, MODULES];
const SILENT_BESIDE_MODULES = ["config_sentence_transformers.json", SENTENCE_TEXT_FILES[0]!];

/** Of a copy without a listing, as Python makes it file by file: what may lack, unless Python has found that there is no such file. */
export function doubtfulFiles(repository: Repository, commit: string): string[] {
  const snapshot = snapshotFolder(repository, commit);
  const named = moduleFolders(snapshot).map((folder) => join(folder, CONFIG));
  const besideModules = existsSync(join(snapshot, MODULES)) ? [...SILENT_BESIDE_MODULES, ...named] : [];
  return unknownFiles(repository, commit, [...SILENT, ...besideModules]);
}

function unknownFiles(repository: Repository, commit: string, files: readonly string[]): string[] {
  const snapshot = snapshotFolder(repository, commit);
  return files.filter(
    (file) => !existsSync(join(snapshot, file)) && !isKnownToLack(repository, commit, file),
  );
}

/** What other files name: shards, and the folders of sentence-transformers' modules. */
function namedFiles(listing: Listing, snapshot: string): HubFile[] {
  const first = weightsIn(listing);
  const index = first?.endsWith(".json") ? readJson(join(snapshot, first)) : undefined;
  const shards = isObject(index) && isObject(index.weight_map) ? Object.values(index.weight_map) : [];
  const ofModules = moduleFolders(snapshot).flatMap((folder) => moduleFiles(listing, folder));
  return listed(listing, [...shards, ...ofModules]);
}

/** The folders of sentence-transformers' modules in a model's, as far as they are inside of it. */
export function moduleFolders(directory: string): string[] {
  const modules = readJson(join(directory, MODULES));
  const folders: unknown[] = Array.isArray(modules) ? modules.map((module) => module?.path) : [];
  return folders
    .filter((folder) => typeof folder === "string")
    .map((folder) => normalize(folder).replace(/\/$/, ""))
    .filter(isInside);
}

function moduleFiles(listing: Listing, folder: string): string[] {
  const within = (file: string) => normalize(join(folder, file));
  const weights = WEIGHT_FORMS.map(({ single }) => within(single)).find((file) => listing.has(file));
  return [within(CONFIG), ...(weights === undefined ? [] : [weights])];
}

/** Those of some paths that a commit has, each once. No other path is ever made. */
function listed(listing: Listing, paths: readonly unknown[]): HubFile[] {
  return [...new Set(paths)].flatMap((path) => listing.get(path as string) ?? []);
}

/** Undefined where it is not there, or no JSON, which whoever reads it says better. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
