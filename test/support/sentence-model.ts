import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { goldenPath } from "./golden.js";
import { temporaryDirectory } from "./temporary-directory.js";

export const TRANSFORMER = { path: "", type: "sentence_transformers.models.Transformer" };
export const POOLING = { path: "1_Pooling", type: "sentence_transformers.models.Pooling" };
export const NORMALIZE = { path: "2_Normalize", type: "sentence_transformers.models.Normalize" };
export const CLS = { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false };

/** The tiny encoder with files of sentence-transformers. */
export function sentenceModel(modules: readonly object[], files: Record<string, object> = {}): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("tiny-bert-bare"), folder, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"])
    cpSync(join(goldenPath("tiny-bert"), file), join(folder, file));
  const numbered = modules.map((module, idx) => ({ idx, name: `${idx}`, ...module }));
  for (const [path, json] of Object.entries({ "modules.json": numbered, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(json));
  }
  return folder;
}
