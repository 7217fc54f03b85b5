import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import type { Block } from "./pages.js";

const TSC = join(packageRoot, "node_modules/typescript/bin/tsc");

/** A folder with libbert in its `node_modules`, as an application has it. */
export function createApplication(): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(packageRoot, join(folder, "node_modules/libbert"));
  for (const name of ["@types", "@huggingface", "fastify"])
    symlinkSync(join(packageRoot, "node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable"],
    types: ["node"],
    rootDir: "source",
    outDir: "compiled",
    strict: true,
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["source"] }));
  return folder;
}

/** What a block is called among an application's sources: `docs/torch.md` and line 12 make `docs/torch-12`. */
export function programOf({ page, firstLine }: Block): string {
  return `${page.replace(/\.md$/, "")}-${firstLine}`;
}

/**
 * Compiles blocks of TypeScript in an application, each a module of its own.
 *
 * @returns the compiler's errors, each with page and line
 */
export async function compileBlocks(application: string, blocks: readonly Block[]): Promise<string[]> {
  for (const block of blocks) {
    const path = join(application, "source", `${programOf(block)}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, sourceOf(block));
  }
  const output = await promisify(execFile)(process.execPath, [TSC, "-p", application]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
  const pages = new Map(blocks.map((block) => [programOf(block), block.page]));
  return output.split("\n").flatMap((line) => {
    const [, program, lineNumber, message] = /source\/([^(]+)\.ts\((\d+),\d+\): (.*)/.exec(line) ?? [];
    if (program !== undefined) return `${pages.get(program)}, line ${lineNumber}: ${message}`;
    return /^\S/.test(line) ? line : []; // an indented line goes on with the error before
  });
}

/** The block and what is given to it, on the lines that they have on their page, so that errors name those. */
function sourceOf(block: Block): string {
  const source: string[] = [];
  for (const { firstLine, lines } of [block.given, block].filter((excerpt) => excerpt !== null)) {
    while (source.length < firstLine - 1) source.push("");
    source.push(...lines);
  }
  return `${source.join("\n")}\nexport {};\n`; // a module, where it imports nothing either
}
