import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt } from "./attempt.js";
import type { ToolName, Tools } from "./tools.js";

/** A package manager: how it is started, and which files it is told by. */
export interface Installer {
  name: string;
  command: readonly string[];
  files?: Readonly<Record<string, string>>;
}

export function installers(tools: Tools): Installer[] {
  const script = (name: ToolName, file: string) => [process.execPath, tools.path(name, file), "install"];
  const npm = execFileSync("npm", ["--version"], { encoding: "utf8" }).trim();
  return [
    { name: `npm ${npm}`, command: ["npm", "install"] },
    { name: `pnpm ${tools.version("pnpm")}`, command: [tools.path("pnpm", "pnpm"), "install"] },
    { name: `Yarn ${tools.version("yarn-classic")}`, command: script("yarn-classic", "bin/yarn.js") },
    {
      name: `Yarn ${tools.version("yarn-berry")}, node-modules`,
      command: script("yarn-berry", "bin/yarn.js"),
      files: { ".yarnrc.yml": "nodeLinker: node-modules\nenableTelemetry: false\n", "yarn.lock": "" },
    },
    { name: `Bun ${tools.version("bun")}`, command: [tools.path("bun", "bin/bun"), "install"] },
  ];
}

/** Packages that an application asks for, by name. */
export type Dependencies = Readonly<Record<string, string>>;

/** Makes an application and lets a package manager install what it asks for. @returns what went wrong, or `null` */
export function install(
  folder: string,
  installer: Installer,
  dependencies: Dependencies,
): Promise<string | null> {
  const files = {
    ...installer.files,
    "package.json": JSON.stringify({ name: "application", private: true, dependencies }),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const [program, ...args] = installer.command as [string, ...string[]];
  return attempt(`${installer.name} installs`, { program, args, cwd: folder });
}
