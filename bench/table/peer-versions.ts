import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expected } from "../../lib/errors.js";
import { runProgram } from "../run-program.js";
import type { Settings } from "./settings.js";

const IN_PYTHON = [
  ...["torch", "transformers", "safetensors", "sentence-transformers"],
  ...["onnx", "onnxscript", "onnxruntime"],
];
const IN_NODE = ["onnxruntime-node", "@huggingface/transformers", "tokenizers"];

/** The versions of what is installed for the peers, for the table's heading. @throws LibbertError where something is missing */
export function peerVersions({ python, peers }: Settings): string[] {
  return [...(python ? versionsInPython(python) : []), ...(peers ? versionsInNode(peers) : [])];
}

function versionsInPython(python: string): string[] {
  const program = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))";
  try {
    const versions = runProgram(python, ["-c", program, ...IN_PYTHON])
      .trim()
      .split(" ");
    return IN_PYTHON.map((name, index) => `${name} ${versions[index]}`);
  } catch {
    throw expected(`a Python with ${IN_PYTHON.join(", ")}`, "--python", python);
  }
}

function versionsInNode(peers: string): string[] {
  return IN_NODE.map((name) => {
    const manifest = join(peers, name, "package.json");
    if (!existsSync(manifest)) throw expected(`a node_modules with ${IN_NODE.join(", ")}`, "--peers", peers);
    return `${name} ${JSON.parse(readFileSync(manifest, "utf8")).version}`;
  });
}
