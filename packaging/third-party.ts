/**
 * What the package consists of beside our own code, with its licences: the packages that npm installs with it, as package-lock.json
 * has them, and what `libbert setup` fetches. `npm run generate` writes the page; a test compares it with the lock file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { table } from "../lib/card/markdown.js";

export const THIRD_PARTY = "THIRD_PARTY.md";

const INTRODUCTION = `# Third-party software

libbert itself is under the Apache License 2.0 (LICENSE). Nobody else's code is copied into it.

## In the native libraries

The binaries that are published with the package, and those that \`libbert setup\` builds, are compiled from libbert's own sources with
the headers of node-addon-api and node-api-headers (MIT) and of LibTorch (BSD-3-Clause). LibTorch, the C++ library and, for GPUs, CUDA
are linked dynamically: no part of them is in the package.

## What is fetched

\`libbert setup\` fetches LibTorch where there is none: PyTorch's own wheel (BSD-3-Clause), whose folder has the licences and notices of
what it contains. With \`--cuda\` these include NVIDIA's libraries, under NVIDIA's licences. Models and data sets that are fetched by name
have the licence that their page on the Hugging Face Hub says.

## What npm installs

`;

interface Locked {
  license?: string;
  dev?: boolean;
}

/** @param lockFile the text of package-lock.json @throws Error for a package whose licence it does not say */
export function thirdPartyPage(lockFile: string): string {
  const { packages } = JSON.parse(lockFile) as { packages: Record<string, Locked> };
  const licences = new Map<string, string>();
  for (const [path, { license, dev }] of Object.entries(packages)) {
    if (path === "" || dev) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (license === undefined) throw new Error(`package-lock.json does not say the licence of ${name}`);
    licences.set(name, license);
  }
  const rows = [...licences].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${INTRODUCTION}${table(["package", "licence"], rows)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(THIRD_PARTY, thirdPartyPage(readFileSync("package-lock.json", "utf8")));
