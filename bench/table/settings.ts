import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { expected } from "../../lib/errors.js";
import type { BertSize } from "../../lib/models/model-config.js";
import { suitingDType } from "../processor.js";

/** What the command line says, and what follows from it. */
export interface Settings {
  /** The workloads to measure, by name; default: all. */
  rows: string[] | undefined;
  /** A Python with torch, transformers, onnx, onnxscript, onnxruntime and sentence-transformers. */
  python: string | undefined;
  /** A node_modules with onnxruntime-node, @huggingface/transformers and tokenizers. */
  peers: string | undefined;
  /** The directory of the peers' programs. */
  reference: string;
  /** The directory with sst2/, corpus/reviews.jsonl and vocab/bert-base-uncased.txt. */
  data: string;
  /** The checkpoint that is fine-tuned and embeds, Hugging Face's layout. */
  model: string;
  /** Timed updates of BERT-base. */
  steps: number;
  repeats: number;
  /** What trains: bfloat16 where the processor has units for it, else float32. */
  dtype: "float32" | "bfloat16";
  quick: boolean;
  sizes: Sizes;
  /** The command line without this machine's paths. */
  command: string;
}

/** How much there is to do. */
export interface Sizes {
  bert: BertSize;
  /** Sequences of up to 128 tokens; of 512 a quarter as many. */
  batchSize: number;
  /** Rows of SST-2 to fine-tune the checkpoint on. */
  sst2Rows: number;
  /** Development sentences of SST-2. */
  sentences: number;
  /** Of the square matrices that the machine's rate is measured with. */
  matrix: number;
}

const FULL: Sizes = { bert: "base", batchSize: 32, sst2Rows: 8000, sentences: 872, matrix: 2048 };
const QUICK: Sizes = { bert: "tiny", batchSize: 4, sst2Rows: 64, sentences: 32, matrix: 256 };

const PATHS = ["python", "peers", "reference", "data", "model"];

/** @throws LibbertError for an option that is wrong */
export function parseSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string" },
      python: { type: "string" },
      peers: { type: "string" },
      reference: { type: "string" },
      data: { type: "string" },
      model: { type: "string" },
      steps: { type: "string" },
      repeats: { type: "string" },
      quick: { type: "boolean" },
    },
  });
  const { data = "../shared/data", reference = "../shared/reference" } = values;
  const hasPeers = values.python !== undefined || values.peers !== undefined; // who start the programs in it
  return {
    rows: values.rows?.split(","),
    python: values.python,
    peers: values.peers,
    reference: hasPeers ? folderWith("finetune_sst2.py", "--reference", reference) : reference,
    data: folderWith("sst2/train.tsv", "--data", data),
    model: folderWith("config.json", "--model", values.model ?? join(data, "models/all-minilm-l6-v2")),
    steps: wholeNumber("--steps", values.steps ?? (values.quick ? "1" : "5")),
    repeats: wholeNumber("--repeats", values.repeats ?? "1"),
    dtype: suitingDType(),
    quick: values.quick ?? false,
    sizes: values.quick ? QUICK : FULL,
    command: shownCommand(values),
  };
}

/** The command without this machine's paths, for the table's heading. */
function shownCommand(values: Record<string, string | boolean | undefined>): string {
  const words = Object.entries(values).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return [`--${name}`, PATHS.includes(name) ? name.toUpperCase() : String(value)];
  });
  return ["npm run bench --", ...words].join(" ");
}

function folderWith(file: string, option: string, path: string): string {
  if (existsSync(join(path, file))) return path;
  throw expected(`a folder with ${file}`, option, path);
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw expected("a whole number of 1 or more", option, text);
}
