/**
 * Speeds of programs that embed SST-2's development sentences: the median milliseconds of one sentence alone, or how many go
 * through in a second, in the file's order, by length, or as a program that is given all of them orders them itself.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readConfig } from "../lib/checkpoint/model-directory.js";
import { packageRoot } from "../lib/runtime/paths.js";
import { runProgram } from "./run-program.js";
import { inTemporaryFolder } from "./temporary-folder.js";

export interface EmbeddingSettings {
  /** A checkpoint in Hugging Face's layout. */
  model: string;
  /** The directory that holds sst2/dev.tsv. */
  data: string;
  /** The directory of the peers' programs. */
  reference: string;
}

/** How the sentences are given to a program that takes batches. */
export type Texts = "one by one" | "in file order" | "by length";

/** Of the weights; with q8 the products are of 8-bit integers too. */
export type OnnxDType = "float32" | "q8";

/** The checkpoint in ONNX's format in both types, for the programs on onnxruntime. */
export interface OnnxModels {
  folder: string;
  /** A node_modules with onnxruntime-node, @huggingface/transformers and tokenizers. */
  peers: string;
}

const ONNX_MODEL = "minilm"; // export_onnx.py's name for whatever it exports

/** @param python with torch, transformers, onnx, onnxscript and onnxruntime */
export function exportOnnx(
  settings: EmbeddingSettings,
  { folder, python }: { folder: string; python: string },
): void {
  const of = (dtype: OnnxDType) => join(folder, dtype, ONNX_MODEL);
  const model = "onnx/model.onnx";
  runProgram(
    python,
    [join(settings.reference, "export_onnx.py"), join(folder, "float32")],
    environmentOf(settings),
  );
  cpSync(of("float32"), of("q8"), { recursive: true });
  const quantize = join(packageRoot, "bench/quantize_onnx.py");
  runProgram(python, [quantize, join(of("float32"), model), join(of("q8"), model)]);
}

/** Everything from text to vector. */
export function libbertEmbedding(settings: EmbeddingSettings, dtype: string, oneByOne: boolean): number {
  const program = join(import.meta.dirname, "embed-speeds.js");
  const parameters = ["--model", settings.model, "--data", settings.data, "--dtype", dtype];
  return Number(
    runProgram(process.execPath, [program, ...parameters, ...(oneByOne ? ["--one-by-one"] : [])]),
  );
}

/** The model alone, with ids made ahead and the mean of the tokens taken in JavaScript. */
export function onnxruntimeEmbedding(
  settings: EmbeddingSettings,
  { folder, peers }: OnnxModels,
  dtype: OnnxDType,
  texts: Texts,
): number {
  const parameters = [join(folder, dtype, ONNX_MODEL), ...batchesOf(texts)];
  const printed = runPeer(settings, process.execPath, ["infer_ort_node.mjs", ...parameters], peers);
  return texts === "one by one" ? printed.model_p50_ms! : printed.model_sent_s!.median;
}

/** Everything from text to vector. */
export function transformersJsEmbedding(
  settings: EmbeddingSettings,
  { folder, peers }: OnnxModels,
  dtype: OnnxDType,
  texts: Texts,
): number {
  const parameters = [join(folder, dtype), ONNX_MODEL, ...batchesOf(texts)];
  const printed = runPeer(settings, process.execPath, ["infer_tjs.mjs", ...parameters], peers);
  return texts === "one by one" ? printed.e2e_p50_ms! : printed.e2e_sent_s!.median;
}

/** Everything from text to vector; of many sentences it makes batches by length itself. */
export function sentenceTransformersEmbedding(
  settings: EmbeddingSettings,
  python: string,
  dtype: "float32" | "bfloat16",
  oneByOne: boolean,
): Promise<number> {
  const type = dtype === "bfloat16" ? "bf16" : "fp32";
  const parameters = ["--st", "--dtype", type, "--batch", oneByOne ? "1" : "32"];
  return inTemporaryFolder(async (folder) => {
    const model = withPooling(settings.model, folder);
    const printed = runPeer({ ...settings, model }, python, ["infer_torch.py", ...parameters]);
    return oneByOne ? printed.p50_ms! : printed.e2e_sent_s!.median;
  });
}

/** The checkpoint, in `folder` where it lacks the file of its pooling, without which sentence-transformers does not open it. */
function withPooling(model: string, folder: string): string {
  if (existsSync(join(model, "1_Pooling/config.json"))) return model;
  for (const file of readdirSync(model)) symlinkSync(resolve(model, file), join(folder, file));
  mkdirSync(join(folder, "1_Pooling"));
  const pooling = {
    word_embedding_dimension: readConfig(model).encoder.hiddenSize,
    pooling_mode_mean_tokens: true,
  };
  writeFileSync(join(folder, "1_Pooling/config.json"), JSON.stringify(pooling));
  return folder;
}

/** What the peers' programs print, each its own figures. */
interface Printed {
  model_p50_ms?: number;
  e2e_p50_ms?: number;
  p50_ms?: number;
  model_sent_s?: { median: number };
  e2e_sent_s?: { median: number };
}

function runPeer(
  settings: EmbeddingSettings,
  program: string,
  [script, ...parameters]: readonly string[],
  peers?: string,
): Printed {
  const environment = { ...environmentOf(settings), ...(peers && { NODE_MODULES_DIR: resolve(peers) }) };
  const output = runProgram(program, [join(settings.reference, script!), ...parameters], environment);
  return JSON.parse(output.trimEnd().split("\n").at(-1)!);
}

function environmentOf({ model, data }: EmbeddingSettings): NodeJS.ProcessEnv {
  return { MODEL_DIR: resolve(model), DATA_DIR: resolve(data) };
}

/** The batch size and the order, as the programs on onnxruntime take them. */
function batchesOf(texts: Texts): string[] {
  if (texts === "one by one") return ["1"];
  return texts === "by length" ? ["32", "sort"] : ["32"];
}
