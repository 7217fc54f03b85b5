import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The Python that serves for pip and for its `torch`: `LIBBERT_PYTHON`, the active environment's, else `python3`. */
export function pythonCommand(): string {
  const { LIBBERT_PYTHON, VIRTUAL_ENV } = process.env;
  return LIBBERT_PYTHON || (VIRTUAL_ENV ? join(VIRTUAL_ENV, "bin", "python") : "python3");
}

// The working directory leaves the search path: a folder there that happens to be called torch is no package.
const LOCATE_TORCH = `
import sys
sys.path = [p for p in sys.path if p]
from importlib.util import find_spec
spec = find_spec("torch")
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")
`;

/** The folder of Python's `torch`, found without importing it; or why there is none. */
export function findPythonTorch(): { folder: string } | { missing: string } {
  const python = pythonCommand();
  const child = spawnSync(python, ["-c", LOCATE_TORCH], { encoding: "utf8", timeout: 20_000 });
  if (child.error) return { missing: `it cannot be started (${child.error.message})` };
  const folder = child.stdout.trim();
  return folder ? { folder } : { missing: "it has no package torch" };
}

/** Whether pip can be started. */
export function hasPip(): boolean {
  return spawnSync(pythonCommand(), ["-m", "pip", "--version"], { timeout: 20_000 }).status === 0;
}
