import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, LibbertError } from "../errors.js";
import { isDirectory } from "../files/is-directory.js";
import { ADAPTER, GRAPHS, isWeightFile } from "../files/model-files.js";
import { readModelJson } from "../files/regular-file.js";
import { isRepositoryName } from "../hub/repository-name.js";
import { isObject } from "../is-object.js";
import { someOf } from "../text-format.js";

/** A form of model that libbert does not read. */
interface Foreign {
  /** Whether a file's name shows it. */
  matches: RegExp;
  what: string;
  /** The command that helps, for a directory and the class of transformers that its model is of; or what else does. */
  cure(directory: string, architecture: string): string;
}

/** The forms that weights come in beside safetensors, the likeliest first. */
const FOREIGN: readonly Foreign[] = [
  {
    matches: /^adapter_(config\.json|model\.(safetensors|bin))$/,
    what: "a PEFT adapter, which needs the model that it was trained on: merge the two with Python and peft (from_pretrained takes num_labels, too), and bring the tokenizer",
    cure: (directory) =>
      python(
        `from peft import ${adapterClass(directory)} as M; M.from_pretrained(${text(directory)}).merge_and_unload().save_pretrained("merged")`,
      ),
  },
  {
    matches: /\.ckpt(-\d+)?(\.(index|meta|data-.*))?$/,
    what: "a part of a TensorFlow checkpoint, which is read where bert_config.json, vocab.txt, its .index and its .data-… lie side by side",
    cure: () => "bring those that are missing",
  },
  {
    matches: /^tf_model\.h5$/,
    what: "a TensorFlow model: save it as safetensors with transformers 4, the last to read it",
    cure: (directory, architecture) => fromFramework(directory, architecture, "from_tf", "tensorflow"),
  },
  {
    matches: /^flax_model\.msgpack$/,
    what: "a Flax model: save it as safetensors with transformers 4, the last to read it",
    cure: (directory, architecture) => fromFramework(directory, architecture, "from_flax", "flax"),
  },
  {
    matches: /\.onnx$/,
    what: "an ONNX graph for other runtimes",
    cure: () => "take the safetensors of the model that it was exported from",
  },
  {
    matches: /\.gguf$/i,
    what: "a GGUF model for llama.cpp",
    cure: () => "take the safetensors of the model that it was made from",
  },
  {
    matches: /\.(part|partial|incomplete|crdownload|download)$/,
    what: "a download that was not finished",
    cure: () => "fetch it again",
  },
  {
    matches: /\.distcp$/,
    what: "a part of a checkpoint of torch.distributed",
    cure: (directory) =>
      `python -m torch.distributed.checkpoint.format_utils dcp_to_torch ${directory} ${join(directory, "pytorch_model.bin")}`,
  },
  {
    matches: /^(saved_model\.pb|rust_model\.ot|weights\.npz|openvino_model\.(xml|bin))$/,
    what: "a model for another runtime",
    cure: () => "take the safetensors of the model that it was made from",
  },
  {
    matches: /^(?!optimizer|scheduler|rng_state|scaler).*\.pth?$/,
    what: "a file of torch.save by another name",
    cure: () => "name it pytorch_model.bin where it holds the weights by their names",
  },
  {
    matches: /\.safetensors$/,
    what: "a file of weights by another name",
    cure: () => "name it model.safetensors, or bring the index that lists the shards",
  },
];

/** The error for a path that holds no `config.json`: it says what is there instead, and what helps. */
export function noConfig(directory: string): LibbertError {
  const expected = "Expected a model directory with a config.json";
  if (!existsSync(directory)) return noDirectory(directory);
  if (!isDirectory(directory)) return error(`${expected} but ${whatFileIs(directory)}`);
  const names = namesIn(directory);
  if (names.length === 0) return error(`${expected} but ${directory} is empty`);
  const within = modelsWithin(directory, names);
  if (within.length > 0)
    return error(`${expected} but ${directory} holds such directories: name one of them, ${someOf(within)}`);
  const old = names.includes("modules.json") ? names.find((name) => /^0_/.test(name)) : undefined;
  if (old !== undefined) return error(`${expected} but ${oldLayout(directory, old)}`);
  const foreign = foreignAmong(names, directory);
  const has = foreign ?? `${directory} holds ${someOf(names)}`;
  return error(`${expected} but ${has}`);
}

/** The error for a model directory without weights that libbert reads. */
export function noWeights(directory: string): LibbertError {
  const expected = `Expected model.safetensors or pytorch_model.bin, an index of shards of either, or a TensorFlow checkpoint in ${directory}`;
  const names = namesIn(directory);
  const foreign = foreignAmong(names, directory);
  return error(`${expected} but ${foreign ?? `found only ${someOf(names)}`}`);
}

/** The error for weights that lie beside an adapter: with peft, transformers adds it to them. @param weights a file of theirs */
export function adaptedWeights(directory: string, weights: string): LibbertError {
  return error(
    `Expected weights without a PEFT adapter but ${directory} holds ${ADAPTER} beside ${weights}: merge the two with Python and peft, ` +
      `or remove ${ADAPTER} to go without the adapter`,
  );
}

/** Folders of models, as a training leaves its checkpoints, and Python's cache what it fetched; none of sentence-transformers' modules. */
function modelsWithin(directory: string, names: readonly string[]): string[] {
  if (names.includes("modules.json")) return [];
  const snapshots = listed(join(directory, "snapshots")).map((name) => join("snapshots", name));
  return [...names, ...snapshots]
    .map((name) => join(directory, name))
    .filter((folder) => listed(folder).some(isWeightFile) && existsSync(join(folder, "config.json")));
}

/** What sentence-transformers wrote before version 0.4: the model in a folder beside those of the other modules. */
function oldLayout(directory: string, folder: string): string {
  const path = text(directory);
  const program = `from sentence_transformers import SentenceTransformer as M; M(${path}).save_pretrained("today")`;
  return `${directory} is of an old version of sentence-transformers, with the model in ${folder}: ${python(program)} makes today's layout of it`;
}

function error(message: string): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", message);
}

function noDirectory(directory: string): LibbertError {
  const expected = "Expected a model directory with a config.json";
  const pull = `; if it is a model's name on the Hugging Face Hub, libbert pull --model ${directory} prints the directory of a copy`;
  const isName = isRepositoryName(directory);
  return error(`${expected} but there is no ${isName ? `${describe(directory)} here${pull}` : directory}`);
}

function whatFileIs(path: string): string {
  const name = basename(path);
  if (["config.json", "model.safetensors", "pytorch_model.bin"].includes(name))
    return `${path} is a file of one: name the directory, ${dirname(path)}`;
  const foreign = FOREIGN.find(({ matches }) => matches.test(name));
  if (!foreign || foreign.matches.test("x.safetensors")) return `${path} is a file`;
  return `${path} is ${foreign.what}: ${foreign.cure(dirname(path), "AutoModel")}`;
}

function foreignAmong(names: readonly string[], directory: string): string | undefined {
  for (const { matches, what, cure } of FOREIGN) {
    const found = names.find((name) => matches.test(basename(name)));
    if (found !== undefined) return `${found} is ${what}: ${cure(directory, architectureIn(directory))}`;
  }
  return undefined;
}

/** Names in a directory, and in its folder of graphs. */
function namesIn(directory: string): string[] {
  return [...listed(directory), ...listed(join(directory, GRAPHS)).map((name) => join(GRAPHS, name))];
}

/** The names in a folder; none where it is none. */
function listed(path: string): string[] {
  return isDirectory(path) ? readdirSync(path).sort() : [];
}

/** The classes of peft that load an adapter, by its task; for a task, peft takes no other. */
const ADAPTER_CLASSES = new Map([
  ["SEQ_CLS", "AutoPeftModelForSequenceClassification"],
  ["TOKEN_CLS", "AutoPeftModelForTokenClassification"],
  ["QUESTION_ANS", "AutoPeftModelForQuestionAnswering"],
  ["FEATURE_EXTRACTION", "AutoPeftModelForFeatureExtraction"],
]);

function adapterClass(directory: string): string {
  const { task_type: task } = fieldsOf(join(directory, ADAPTER));
  return ADAPTER_CLASSES.get(String(task)) ?? "AutoPeftModel";
}

/** The class that `config.json` names: another would lose the head. */
function architectureIn(directory: string): string {
  const { architectures } = fieldsOf(join(directory, "config.json"));
  const [first] = Array.isArray(architectures) ? architectures : [];
  return typeof first === "string" && /^\w+$/.test(first) ? first : "AutoModel";
}

/** What a file says, as far as it can be read. */
function fieldsOf(path: string): Record<string, unknown> {
  try {
    const json = readModelJson(path);
    return isObject(json) ? json : {};
  } catch {
    return {};
  }
}

function fromFramework(directory: string, architecture: string, flag: string, library: string): string {
  return `pip install "transformers<5" torch ${library}; ${resave(directory, architecture, `, ${flag}=True`)}`;
}

function resave(directory: string, architecture: string, options = ""): string {
  const path = text(directory);
  return python(
    `from transformers import ${architecture} as M; M.from_pretrained(${path}${options}).save_pretrained(${path})`,
  );
}

function python(program: string): string {
  return `python -c '${program}'`;
}

/** A path as Python's source has it, between a shell's single quotes. */
function text(path: string): string {
  return JSON.stringify(path).replaceAll("'", "'\\''");
}
