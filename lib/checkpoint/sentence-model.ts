import { existsSync } from "node:fs";
import { join, normalize } from "node:path";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { readModelBytes, readModelJson } from "../files/regular-file.js";
import { SafetensorsReader } from "../files/safetensors.js";
import { parseFields, shown } from "../options/parse-fields.js";
import { counted } from "../text-format.js";

/** How sentence-transformers makes one vector of a text's tokens; of several ways the vectors lie side by side. */
export const SENTENCE_POOLINGS = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
] as const;
export type SentencePooling = (typeof SENTENCE_POOLINGS)[number];

/** What comes behind the pooling. */
export type SentenceLayer =
  | { kind: "normalize" }
  | {
      kind: "dense";
      weight: Matrix;
      bias: Float32Array | null;
      activation: DenseActivation;
      residual: Residual;
    }
  | { kind: "layer-norm"; weight: Float32Array; bias: Float32Array };

/** Row-major, [rows, columns]. */
export interface Matrix {
  values: Float32Array;
  rows: number;
  columns: number;
}

/** What is added to the outcome of a dense layer: nothing, its input, or its input through a layer without bias. */
type Residual = null | "input" | Matrix;

/** The activations of dense layers, by their names in Python. */
const DENSE_ACTIVATIONS = {
  "torch.nn.modules.activation.Tanh": "tanh",
  "torch.nn.modules.linear.Identity": "identity",
  "torch.nn.modules.activation.ReLU": "relu",
  "torch.nn.modules.activation.Sigmoid": "sigmoid",
} as const;
export type DenseActivation = (typeof DENSE_ACTIVATIONS)[keyof typeof DENSE_ACTIVATIONS];

/** What the files of sentence-transformers in a model's directory say of sentence vectors. */
export interface SentenceModel {
  poolings: readonly SentencePooling[];
  /** Whether the tokens of the prompt are pooled with the others. */
  includePrompt: boolean;
  layers: readonly SentenceLayer[];
}

/** The same, with what it says of the texts. */
export interface SentenceFiles {
  /** Null without a `modules.json`; an error where that asks for what libbert does not have, for whoever asks for sentence vectors. */
  model: SentenceModel | LibbertError | null;
  /** The most tokens of a text. */
  maxSeqLength: number | undefined;
  /** Whether texts are lowered before the tokenizer sees them. */
  lowercase: boolean;
  /** Stands before each text. */
  prompt: string;
  /** How many numbers are left of a vector. Default: all */
  truncateDim: number | undefined;
  /** The files themselves, by their paths in the directory: a model that is saved keeps them. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** What is said of texts; old versions had a name for each family. */
export const SENTENCE_TEXT_FILES = [
  "bert",
  "roberta",
  "distilbert",
  "camembert",
  "albert",
  "xlm-roberta",
  "xlnet",
].map((family) => `sentence_${family}_config.json`);
const MODULES = "modules.json";
const SETTINGS = "config_sentence_transformers.json";

/**
 * Reads what sentence-transformers would.
 *
 * @throws LibbertError ERR_CHECKPOINT for a file that is damaged
 */
export function readSentenceFiles(directory: string): SentenceFiles {
  const modules = fieldsOf(modulesSchema, directory, MODULES);
  const settings = fieldsOf(settingsSchema, directory, SETTINGS) ?? settingsSchema.parse({});
  const textFile = SENTENCE_TEXT_FILES.find((name) => readModelJson(join(directory, name)) !== undefined);
  const texts = textFile === undefined ? {} : (fieldsOf(textSchema, directory, textFile) ?? {});
  const isOther = settings.model_type === "CrossEncoder"; // made of another head, and without a pooling
  return {
    model: modules === undefined || isOther ? null : modelOrRefusal(directory, modules, texts),
    maxSeqLength: texts.max_seq_length ?? undefined,
    lowercase: texts.do_lower_case ?? false,
    prompt: isOther ? "" : promptOf(directory, settings),
    truncateDim: settings.truncate_dim ?? undefined,
    files: contentOf(directory, textFile, modules ?? []),
  };
}

/** What a module's folder holds. */
const MODULE_FILES = ["config.json", "model.safetensors", "pytorch_model.bin"];

function contentOf(
  directory: string,
  textFile: string | undefined,
  modules: readonly ModuleEntry[],
): Map<string, Uint8Array> {
  const folders = modules
    .map(({ path }) => normalize(path || "."))
    .filter((path) => isInside(path) && path !== ".");
  const names = folders.flatMap((folder) => MODULE_FILES.map((file) => join(folder, file)));
  const files = new Map<string, Uint8Array>();
  for (const [name, savedAs] of [
    ...[MODULES, SETTINGS, ...names].map((one) => [one, one]),
    [textFile, SENTENCE_TEXT_FILES[0]],
  ]) {
    const content = name === undefined ? undefined : readModelBytes(join(directory, name));
    if (content !== undefined) files.set(savedAs!, content);
  }
  return files;
}

function fieldsOf<Schema extends z.ZodType>(
  schema: Schema,
  directory: string,
  name: string,
): z.output<Schema> | undefined {
  const path = join(directory, name);
  const json = readModelJson(path);
  return json === undefined ? undefined : parseFields(schema, json, path);
}

const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() })).min(1);
type ModuleEntry = z.output<typeof modulesSchema>[number];

const settingsSchema = z.looseObject({
  model_type: z.string().nullish(),
  prompts: z.record(z.string(), z.string().nullable()).nullish(),
  default_prompt_name: z.string().nullish(),
  truncate_dim: z.int().positive().nullish(),
});

/** Empty where a model has nothing to say there. */
const own = z.record(z.string(), z.unknown()).nullish();

const textSchema = z.looseObject({
  max_seq_length: z.int().min(3).nullish(),
  do_lower_case: z.boolean().nullish(),
  transformer_task: z.string().nullish(),
  modality_config: own,
  processing_kwargs: own,
  ...{ model_args: own, model_kwargs: own, tokenizer_args: own, processor_kwargs: own },
  ...{ config_args: own, config_kwargs: own },
});
type TextFields = z.output<typeof textSchema>;

function promptOf(directory: string, settings: z.output<typeof settingsSchema>): string {
  const { default_prompt_name: name, prompts } = settings;
  if (name === undefined || name === null) return "";
  const prompt = prompts && Object.hasOwn(prompts, name) ? prompts[name] : undefined;
  if (typeof prompt === "string") return prompt;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${join(directory, SETTINGS)}: Expected a name of its prompts for default_prompt_name but received ${shown(name)}`,
  );
}

function modelOrRefusal(
  directory: string,
  modules: readonly ModuleEntry[],
  texts: TextFields,
): SentenceModel | LibbertError {
  try {
    return modelOf(directory, modules, texts);
  } catch (error) {
    if (error instanceof Unsupported) return refusal(directory, error.message);
    throw error;
  }
}

/** What sentence-transformers has and libbert has not. */
class Unsupported extends Error {}

function refusal(directory: string, what: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `${join(directory, MODULES)} asks for ${what}, which embed() does not have: take sentence-transformers for these vectors, ` +
      "or features() with the pooling that you want",
  );
}

function modelOf(directory: string, modules: readonly ModuleEntry[], texts: TextFields): SentenceModel {
  const [transformer, pooling, ...others] = modules as [ModuleEntry, ...ModuleEntry[]];
  if (!isModule(transformer, "Transformer") || normalize(transformer.path || ".") !== ".")
    throw new Unsupported(`${nameOf(transformer)} in ${shown(transformer.path)} as the first module`);
  checkTexts(texts);
  if (pooling === undefined) throw new Unsupported("no pooling");
  if (!isModule(pooling, "Pooling")) throw new Unsupported(`${nameOf(pooling)} in the place of a pooling`);
  return {
    ...poolingOf(directory, pooling),
    layers: others.flatMap((module) => layerOf(directory, module) ?? []),
  };
}

/** Both the names of today and those of old versions end in the class. */
function isModule({ type }: ModuleEntry, name: string): boolean {
  return type.startsWith("sentence_transformers.") && type.endsWith(`.${name}`);
}

function nameOf({ type }: ModuleEntry): string {
  return `the module ${type}`;
}

/** Arguments that change how weights are kept, not what they are. */
const HARMLESS = [
  "attn_implementation",
  "torch_dtype",
  "dtype",
  "use_safetensors",
  "low_cpu_mem_usage",
  "revision",
];

function checkTexts(texts: TextFields): void {
  const { transformer_task: task, modality_config: modalities, processing_kwargs: processing } = texts;
  if (task && task !== "feature-extraction") throw new Unsupported(`the transformer_task ${shown(task)}`);
  const text = (modalities?.text ?? {}) as { method?: unknown; method_output_name?: unknown };
  const { method = "forward", method_output_name: output = "last_hidden_state" } = text;
  if (method !== "forward" || output !== "last_hidden_state")
    throw new Unsupported(`${shown(text)} for texts (modality_config)`);
  if (Object.keys(processing ?? {}).length > 0)
    throw new Unsupported(`processing_kwargs ${shown(processing)}`);
  const names = [
    "model_args",
    "model_kwargs",
    "tokenizer_args",
    "processor_kwargs",
    "config_args",
    "config_kwargs",
  ] as const;
  for (const name of names)
    for (const [field, value] of Object.entries(texts[name] ?? {}))
      if (!HARMLESS.includes(field)) throw new Unsupported(`${name}.${field} ${shown(value)}`);
}

const poolingSchema = z.looseObject({
  pooling_mode: z.union([z.string(), z.array(z.string())]).nullish(),
  include_prompt: z.boolean().default(true),
});

/** The fields of old versions, one for each pooling, in the order in which the vectors lie side by side. */
const OLD_FIELDS: readonly (readonly [string, SentencePooling])[] = [
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
  ["pooling_mode_lasttoken", "lasttoken"],
];
const KNOWN_FIELDS = new Set([
  ...OLD_FIELDS.map(([field]) => field),
  ...["pooling_mode", "include_prompt", "word_embedding_dimension", "embedding_dimension"],
]);

/** Where the file of a pooling is missing, as its own defaults have it: the mean. */
function poolingOf(
  directory: string,
  module: ModuleEntry,
): Pick<SentenceModel, "poolings" | "includePrompt"> {
  const fields = ownFields(poolingSchema, directory, module) ?? poolingSchema.parse({});
  const unknown = Object.keys(fields).find((field) => !KNOWN_FIELDS.has(field));
  if (unknown !== undefined) throw new Unsupported(`a pooling with ${unknown}`);
  const old = OLD_FIELDS.filter(([field]) => Boolean(fields[field])).map(([, pooling]) => pooling);
  const names = fields.pooling_mode ?? (old.length > 0 ? old : "mean");
  const poolings = typeof names === "string" ? [names] : names;
  const other = poolings.find((name) => !(SENTENCE_POOLINGS as readonly string[]).includes(name));
  if (other !== undefined || poolings.length === 0) throw new Unsupported(`the pooling ${shown(names)}`);
  return { poolings: poolings as SentencePooling[], includePrompt: fields.include_prompt };
}

function ownFields<Schema extends z.ZodType>(schema: Schema, directory: string, { path }: ModuleEntry) {
  return fieldsOf(schema, directory, join(inside(path), "config.json"));
}

/** @throws Unsupported for a path that leads out of the model's directory */
function inside(path: string): string {
  const relative = normalize(path || ".");
  if (!isInside(relative)) throw new Unsupported(`a module outside of the directory, ${shown(path)},`);
  return relative;
}

function isInside(relative: string): boolean {
  return !relative.startsWith("..") && !relative.startsWith("/");
}

/** The vectors that a layer takes and gives; only those of the sentence are made here. */
const placeSchema = z.looseObject({
  module_input_name: z.string().nullish(),
  module_output_name: z.string().nullish(),
});

function layerOf(directory: string, module: ModuleEntry): SentenceLayer | null {
  const place = ownFields(placeSchema, directory, module) ?? {};
  for (const name of [place.module_input_name, place.module_output_name])
    if (name && name !== "sentence_embedding") throw new Unsupported(`${nameOf(module)} for ${name}`);
  if (isModule(module, "Normalize")) return { kind: "normalize" };
  if (isModule(module, "Dropout")) return null; // of training alone
  if (isModule(module, "Dense")) return denseOf(directory, module);
  if (isModule(module, "LayerNorm")) {
    using weights = weightsOf(directory, module);
    const weight = vector(weights, "norm.weight");
    return { kind: "layer-norm", weight, bias: vector(weights, "norm.bias", weight.length) };
  }
  throw new Unsupported(nameOf(module));
}

const denseSchema = z.looseObject({
  activation_function: z.string().default("torch.nn.modules.activation.Tanh"),
  use_residual: z.boolean().default(false),
});

function denseOf(directory: string, module: ModuleEntry): SentenceLayer {
  const fields = ownFields(denseSchema, directory, module) ?? denseSchema.parse({});
  const name = fields.activation_function as keyof typeof DENSE_ACTIVATIONS;
  if (!Object.hasOwn(DENSE_ACTIVATIONS, name)) throw new Unsupported(`a dense layer with ${shown(name)}`);
  using weights = weightsOf(directory, module);
  const weight = matrix(weights, "linear.weight");
  const through = weights.tensors.has("residual.weight") ? matrix(weights, "residual.weight") : "input";
  return {
    kind: "dense",
    weight,
    bias: weights.tensors.has("linear.bias") ? vector(weights, "linear.bias", weight.rows) : null,
    activation: DENSE_ACTIVATIONS[name],
    residual: fields.use_residual ? through : null,
  };
}

function weightsOf(directory: string, module: ModuleEntry): SafetensorsReader {
  const path = join(directory, inside(module.path), "model.safetensors");
  if (!existsSync(path))
    throw new Unsupported(`${nameOf(module)} without model.safetensors in ${module.path}`);
  return new SafetensorsReader(path);
}

function matrix(weights: SafetensorsReader, name: string): Matrix {
  const { shape } = weights.tensors.get(name) ?? {};
  if (shape?.length !== 2)
    throw new LibbertError("ERR_CHECKPOINT", `${weights.path}: Expected a matrix ${name}`);
  return { values: vector(weights, name), rows: shape[0]!, columns: shape[1]! };
}

/** @param length how many numbers it must have. Default: any number */
function vector(weights: SafetensorsReader, name: string, length?: number): Float32Array {
  const stored = weights.tensors.get(name);
  if (stored === undefined) throw new LibbertError("ERR_CHECKPOINT", `${weights.path}: Expected ${name}`);
  if (stored.dtype !== "float32")
    throw new Unsupported(`${weights.path} with ${name} of type ${stored.code}`);
  const { buffer } = weights.read(name);
  const values = new Float32Array(buffer as ArrayBuffer);
  if (length === undefined || values.length === length) return values;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${weights.path}: Expected ${counted(length, "number")} for ${name} but received ${values.length}`,
  );
}
