/**
 * The TypeScript side of the native op table (native/addon/op_table.h). `npm run generate` writes
 * lib/tensor/native-ops.ts from the loaded addon; a test compares the two, so they cannot drift.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadNative } from "../runtime/load.js";

/** The text of native-ops.ts for an addon with these op signatures. */
export function renderNativeOps(signatures: readonly string[]): string {
  return [
    "// Generated from the native op table by `npm run generate`. Do not edit.",
    'import type { DType } from "./dtype.js";',
    "",
    "/** Objects inside the native addon. */",
    ...handlesOf(signatures).map((name) => `export type ${name} = { readonly __brand: "${name}" };`),
    "",
    "/** Every op that the addon binds, with the arguments that its C++ lambda takes. */",
    "export interface NativeOps {",
    ...signatures.map((signature) => `  ${signature};`),
    "",
    "  /** The signatures above, as text. */",
    "  readonly opSignatures: readonly string[];",
    "  /** Version of LibTorch that the addon was compiled against. */",
    "  readonly torchVersion: string;",
    "}",
    "",
  ].join("\n");
}

function handlesOf(signatures: readonly string[]): string[] {
  const all = signatures.flatMap((signature) => signature.match(/\b\w+Handle\b/g) ?? []);
  return [...new Set(all)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { opSignatures } = loadNative();
  writeFileSync("lib/tensor/native-ops.ts", renderNativeOps(opSignatures));
}
