/**
 * npm run compatibility [-- managers bundlers compilers]
 *
 * Packs the package with this machine's native build. Installs it with each package manager and runs it with each runtime,
 * bundles a program around it with each bundler, and compiles one against it with each TypeScript, or does the parts that are
 * named; all in a temporary folder. What is tried comes from the npm registry. Prints the tables of docs/compatibility.md;
 * what does not work is told on standard error, and by the exit code.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../../lib/card/markdown.js";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { packTarball } from "../tarball.js";
import { bundleAndRun, bundlers, FORMATS } from "./bundlers.js";
import { compile, compilers, RESOLUTIONS, TYPES } from "./compilers.js";
import { type Dependencies, install, installers } from "./installers.js";
import { run, runtimes } from "./runtimes.js";
import { fetchTools, type Tools } from "./tools.js";

/** A table's row: what its first column says, and what went wrong in each of the others, or `null`. */
interface Row {
  name: string;
  problems: (string | null)[];
}

const MODEL = join(packageRoot, "test/golden/data/tiny-bert");

const folder = mkdtempSync(join(tmpdir(), "libbert-compatibility-"));
const { found } = diagnose().search;
if (found) process.env.LIBTORCH = found.folder; // for what runs in applications elsewhere
try {
  const { path: tarball } = await packTarball(folder);
  const tools = await fetchTools(join(folder, "tools"));
  if (isWanted("managers")) show("package manager", runtimes(tools), await runEverywhere(tarball, tools));
  if (isWanted("bundlers")) show("bundler", FORMATS, await bundleEverywhere(tarball, tools));
  if (isWanted("compilers")) show("compiler", RESOLUTIONS, await compileEverywhere(tarball, tools));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function isWanted(part: "managers" | "bundlers" | "compilers"): boolean {
  const named = process.argv.slice(2);
  return named.length === 0 || named.includes(part);
}

async function runEverywhere(tarball: string, tools: Tools): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [index, installer] of installers(tools).entries()) {
    const application = join(folder, `application-${index}`);
    const failure = await install(application, installer, { libbert: `file:${tarball}` });
    const problems: Row["problems"] = [];
    for (const runtime of runtimes(tools)) problems.push(failure ?? (await run(application, runtime, MODEL)));
    rows.push({ name: installer.name, problems });
  }
  return rows;
}

async function bundleEverywhere(tarball: string, tools: Tools): Promise<Row[]> {
  const application = await withNpm("bundled", tools, { libbert: `file:${tarball}` });
  const rows: Row[] = [];
  for (const bundler of bundlers(tools)) {
    const problems: Row["problems"] = [];
    for (const format of FORMATS) problems.push(await bundleAndRun(application, bundler, format, MODEL));
    rows.push({ name: bundler.name, problems });
  }
  return rows;
}

async function compileEverywhere(tarball: string, tools: Tools): Promise<Row[]> {
  const application = await withNpm("typed", tools, { libbert: `file:${tarball}`, ...TYPES });
  const rows: Row[] = [];
  for (const compiler of compilers(tools)) {
    const problems: Row["problems"] = [];
    for (const resolution of RESOLUTIONS) problems.push(await compile(application, compiler, resolution));
    rows.push({ name: compiler.name, problems });
  }
  return rows;
}

/** An application whose packages npm installs. */
async function withNpm(name: string, tools: Tools, dependencies: Dependencies): Promise<string> {
  const application = join(folder, name);
  const failure = await install(application, installers(tools)[0]!, dependencies);
  if (failure !== null) throw new Error(failure);
  return application;
}

function show(what: string, columns: readonly { name: string }[], rows: readonly Row[]): void {
  const cells = rows.map(({ name, problems }) => [
    name,
    ...problems.map((problem) => (problem === null ? "yes" : "no")),
  ]);
  console.log(`${table([what, ...columns.map(({ name }) => name)], cells)}\n`);
  if (rows.some(({ problems }) => problems.some((problem) => problem !== null))) process.exitCode = 1;
}
