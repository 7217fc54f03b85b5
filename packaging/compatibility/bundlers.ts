import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "./attempt.js";
import { ASYNC_MAIN, IMPORTS } from "./programs.js";
import type { Tools } from "./tools.js";

/** What a bundle is: the extension of its file. */
export const FORMATS = [
  { name: "ES module", extension: "mjs", isModule: true },
  { name: "CommonJS", extension: "cjs", isModule: false },
] as const;

export type Format = (typeof FORMATS)[number];

/** A bundler with the settings that docs/libtorch.md has for it: how it is started, and its file of settings if it needs one. */
export interface Bundler {
  name: string;
  command(format: Format): string[];
  settings?(format: Format): Readonly<Record<string, string>>;
}

const ENTRY = "entry.mjs";

export function bundlers(tools: Tools): Bundler[] {
  return [
    {
      name: `esbuild ${tools.version("esbuild")}`,
      command: ({ extension, isModule }) => {
        const format = isModule ? "esm" : "cjs";
        const flags = ["--bundle", "--platform=node", `--format=${format}`, "--external:libbert"];
        return [tools.path("esbuild", "bin/esbuild"), ENTRY, ...flags, `--outfile=bundle.${extension}`];
      },
    },
    {
      name: `webpack ${tools.version("webpack")}`,
      command: () => [tools.path("webpack-cli", "bin/cli.js"), "--config", "webpack.config.mjs"],
      settings: (format) => ({ "webpack.config.mjs": webpackSettings(format) }),
    },
    {
      name: `Rollup ${tools.version("rollup")}`,
      command: ({ extension, isModule }) => {
        const output = ["--format", isModule ? "es" : "cjs", "--file", `bundle.${extension}`];
        return [tools.path("rollup", "dist/bin/rollup"), "--config", "rollup.config.mjs", ...output];
      },
      settings: () => ({
        "rollup.config.mjs": `export default { input: "${ENTRY}", external: [/^libbert/] };`,
      }),
    },
    {
      name: `Vite ${tools.version("vite")}`,
      command: () => [tools.path("vite", "bin/vite.js"), "build", "--config", "vite.config.mjs"],
      settings: (format) => ({ "vite.config.mjs": viteSettings(format) }),
    },
  ];
}

function webpackSettings({ extension, isModule }: Format): string {
  return `export default {
    entry: "./${ENTRY}",
    mode: "production",
    target: "node20",
    output: { filename: "bundle.${extension}", path: import.meta.dirname, module: ${isModule} },
    experiments: { outputModule: ${isModule} },
    externals: [/^libbert/],
    externalsType: "node-commonjs",
  };`;
}

function viteSettings({ extension, isModule }: Format): string {
  const output = { format: isModule ? "es" : "cjs", entryFileNames: `bundle.${extension}` };
  const build = { ssr: ENTRY, outDir: ".", emptyOutDir: false, rollupOptions: { output } };
  return `export default ${JSON.stringify({ ssr: { external: ["libbert"] }, build })};`;
}

/** Bundles a program in an application and runs what comes out. @returns what went wrong first, or `null` */
export async function bundleAndRun(
  application: string,
  bundler: Bundler,
  format: Format,
  model: string,
): Promise<string | null> {
  const files = { [ENTRY]: `${IMPORTS}\n${ASYNC_MAIN}`, ...bundler.settings?.(format) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(application, name), text);
  const cwd = application;
  const bundled = await attempt(`${bundler.name} bundles as ${format.name}`, {
    program: process.execPath,
    args: bundler.command(format),
    cwd,
  });
  const args = [`bundle.${format.extension}`, model];
  return bundled ?? attempt("  the bundle runs", { program: process.execPath, args, cwd });
}
