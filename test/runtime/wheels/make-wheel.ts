import { createHash } from "node:crypto";
import { type Zippable, zipSync } from "fflate";

/** A wheel that a test made up. */
export interface MadeWheel {
  file: string;
  content: Buffer;
  sha256: string;
}

/** Zips these files, by their paths, into a wheel. Those whose names begin with `bin/` anywhere are programs. */
export function makeWheel(file: string, files: Record<string, string | Buffer>): MadeWheel {
  const members: Zippable = {};
  for (const [path, content] of Object.entries(files)) {
    const mode = /(^|\/)bin\//.test(path) ? 0o744 : 0o644;
    members[path] = [Buffer.from(content), { os: 3, attrs: mode << 16 }];
  }
  const content = Buffer.from(zipSync(members));
  return { file, content, sha256: createHash("sha256").update(content).digest("hex") };
}

/** A wheel of torch that libbert takes for the CPU build of LibTorch 2.13.0; nothing in it can be loaded. */
export function makeTorch(metadata = "", { version = "2.13.0+cpu", cuda = "None" } = {}): MadeWheel {
  return makeWheel(`torch-${version}-cp312-cp312-manylinux_2_17_x86_64.manylinux_2_17_aarch64.whl`, {
    "torch/__init__.py": "raise",
    "torch/version.py": `__version__ = '${version}'\ncuda: Optional[str] = ${cuda}\n`,
    "torch/lib/libtorch_cpu.so": "",
    "torch/include/ATen/ATen.h": "",
    "torch/share/cmake.txt": "",
    [`torch-${version}.dist-info/METADATA`]: `Name: torch\n${metadata}`,
  });
}
