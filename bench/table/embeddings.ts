import {
  exportOnnx,
  libbertEmbedding,
  type OnnxDType,
  type OnnxModels,
  onnxruntimeEmbedding,
  sentenceTransformersEmbedding,
  type Texts,
  transformersJsEmbedding,
} from "../embedding-speeds.js";
import { suitingDType } from "../processor.js";
import { programWith } from "./program.js";
import type { Settings } from "./settings.js";
import type { AbsentProgram, Figures, Program, Workload, WorkloadEntry } from "./workload.js";

type DType = "float32" | "bfloat16" | "int8";

/** The same type of the programs on onnxruntime, as far as they have it on a CPU. */
const ONNX_DTYPES = { float32: "float32", bfloat16: null, int8: "q8" } as const;

/** What all rows share. */
interface Contest {
  settings: Settings;
  /** Undefined where an option is missing that says where the programs on onnxruntime are. */
  onnx: (() => Promise<OnnxModels>) | undefined;
}

/** @param folder for the checkpoint in ONNX's format, which is exported when the first row needs it */
export function embeddings(settings: Settings, folder: string): WorkloadEntry[] {
  const contest = { settings, onnx: exportOnce(settings, folder) };
  const dtypes: DType[] = [
    "float32",
    ...(suitingDType() === "bfloat16" ? ["bfloat16" as const] : []),
    "int8",
  ];
  const entry = (name: string, make: () => Workload) => ({ name, prepare: async () => make() });
  return [
    ...dtypes.map((dtype) => entry(`embeddings-${dtype}`, () => manySentences(contest, dtype))),
    ...dtypes.map((dtype) => entry(`one-sentence-${dtype}`, () => oneSentence(contest, dtype))),
  ];
}

function exportOnce(settings: Settings, folder: string): Contest["onnx"] {
  const { python, peers } = settings;
  if (python === undefined || peers === undefined) return undefined;
  let models: Promise<OnnxModels> | undefined;
  const make = async () => {
    exportOnnx(settings, { folder, python });
    return { folder, peers };
  };
  return () => {
    models ??= make();
    return models;
  };
}

function manySentences(contest: Contest, dtype: DType): Workload {
  return {
    title: `embedding ${contest.settings.sizes.sentences} sentences`,
    quantities: ["sentences/s"],
    libbert: libbert(contest, dtype, false),
    peers: peersOf(contest, dtype, ["by length", "in file order"]),
  };
}

function oneSentence(contest: Contest, dtype: DType): Workload {
  return {
    title: "embedding one sentence",
    quantities: ["ms"],
    libbert: libbert(contest, dtype, true),
    peers: peersOf(contest, dtype, ["one by one"]),
  };
}

function libbert({ settings }: Contest, dtype: DType, oneByOne: boolean): Program {
  const measure = async () => figures(oneByOne, libbertEmbedding(settings, dtype, oneByOne));
  return { name: "libbert", dtype, measure };
}

/** Those that have the type. */
function peersOf(contest: Contest, dtype: DType, ways: readonly Texts[]): (Program | AbsentProgram)[] {
  const onnxDType = ONNX_DTYPES[dtype];
  const onOnnx = onnxDType && [
    ...ways.map((texts) => onnxruntime(contest, onnxDType, texts)),
    ...ways.map((texts) => transformersJs(contest, onnxDType, texts)),
  ];
  const oneByOne = ways.includes("one by one");
  return [...(onOnnx ?? []), ...(dtype === "int8" ? [] : [sentenceTransformers(contest, dtype, oneByOne)])];
}

function onnxruntime(contest: Contest, dtype: OnnxDType, texts: Texts): Program | AbsentProgram {
  return onOnnxruntime(contest, {
    name: `onnxruntime-node, the model alone${order(texts)}`,
    dtype,
    measure: async (models) =>
      figures(texts === "one by one", onnxruntimeEmbedding(contest.settings, models, dtype, texts)),
  });
}

function transformersJs(contest: Contest, dtype: OnnxDType, texts: Texts): Program | AbsentProgram {
  return onOnnxruntime(contest, {
    name: `transformers.js${order(texts)}`,
    dtype,
    measure: async (models) =>
      figures(texts === "one by one", transformersJsEmbedding(contest.settings, models, dtype, texts)),
  });
}

function onOnnxruntime(
  { settings: { python, peers }, onnx }: Contest,
  { measure, ...program }: { name: string; dtype: string; measure(models: OnnxModels): Promise<Figures> },
): Program | AbsentProgram {
  const missing = [python === undefined ? "--python" : [], peers === undefined ? "--peers" : []].flat();
  return programWith(onnx, missing.join(" and "), {
    ...program,
    measure: async (models) => measure(await models()),
  });
}

function sentenceTransformers(
  { settings }: Contest,
  dtype: "float32" | "bfloat16",
  oneByOne: boolean,
): Program | AbsentProgram {
  const measure = async (python: string) =>
    figures(oneByOne, await sentenceTransformersEmbedding(settings, python, dtype, oneByOne));
  return programWith(settings.python, "--python", { name: "sentence-transformers", dtype, measure });
}

function order(texts: Texts): string {
  return texts === "one by one" ? "" : `, ${texts}`;
}

function figures(oneByOne: boolean, figure: number): Figures {
  return oneByOne ? { ms: figure } : { "sentences/s": figure };
}
