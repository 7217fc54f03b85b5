import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs of coreutils, and Node.js's own. */
const TOOLS = ["node", "npm", "env", "cat", "cp", "ls", "mkdir", "mv", "rm", "uname"];

/** Makes a folder that is a whole PATH: Node.js and a few of coreutils, nothing that compiles and no Python. */
export function toolFolder(root: string): string {
  const tools = join(root, "tools");
  mkdirSync(tools);
  for (const name of TOOLS) {
    const folder = (process.env.PATH ?? "").split(delimiter).find((place) => existsSync(join(place, name)));
    if (folder) symlinkSync(realpathSync(join(folder, name)), join(tools, name));
  }
  return tools;
}

/** What npm says where it gets no package, neither from its cache nor from a registry. */
const UNREACHABLE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[34]/;

/** Installs a tarball into an empty application, with npm as it is configured; why not, where npm reaches nothing. */
export function install(tarball: string, application: string, tools: string): { unreachable?: string } {
  mkdirSync(application);
  writeFileSync(join(application, "package.json"), JSON.stringify({ private: true }));
  const child = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], {
    cwd: application,
    encoding: "utf8",
    env: { ...process.env, PATH: tools },
  });
  if (child.status === 0) return {};
  if (UNREACHABLE.test(child.stderr)) return { unreachable: child.stderr.trim().split("\n")[0] };
  throw child.error ?? new Error(child.stderr);
}
