import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "./attempt.js";
import type { ToolName, Tools } from "./tools.js";

/** A release of TypeScript. */
export interface Compiler {
  name: string;
  tsc: string;
}

const RELEASES: readonly ToolName[] = ["typescript-5.8", "typescript-5.9", "typescript-6", "typescript-7"];

export function compilers(tools: Tools): Compiler[] {
  return RELEASES.map((name) => ({
    name: `TypeScript ${tools.version(name)}`,
    tsc: tools.path(name, "bin/tsc"),
  }));
}

/** How a program's imports are resolved: the compiler's options, and the extension that says what the program is. */
export interface Resolution {
  name: string;
  file: string;
  options: Readonly<Record<string, string>>;
}

export const RESOLUTIONS: readonly Resolution[] = [
  { name: "nodenext, ES module", file: "use.mts", options: { module: "nodenext" } },
  { name: "nodenext, CommonJS", file: "use.cts", options: { module: "nodenext" } },
  { name: "bundler", file: "use.ts", options: { module: "esnext", moduleResolution: "bundler" } },
];

/** What an application's program asks for beside libbert: types of Node.js's and Fastify's, which those of libbert name. */
export const TYPES = { "@types/node": "20", fastify: "5" };

/** Every entry point, and types of the kinds that older compilers understand least. */
const PROGRAM = `
import Fastify from "fastify";
import { fineTune, LibbertError, loadModel, type Model } from "libbert";
import { libbertPlugin } from "libbert/fastify";
import { nn, noGrad, Tensor, tensor } from "libbert/torch";

export async function tune(): Promise<Model<"classification">> {
  const model = await fineTune({ task: "classification", model: "folder", train: "train.tsv", epochs: 2 });
  const [prediction] = await model.predict(["a film"]);
  const label: string = prediction!.label;
  console.log(label, model.training?.metrics?.accuracy);
  return model;
}

export async function load(): Promise<void> {
  const model = await loadModel("folder").catch((error: unknown) => {
    if (error instanceof LibbertError) console.error(error.code, error.option);
    throw error;
  });
  if (model.task === "regression") console.log((await model.predict(["a film"]))[0]!.score.toFixed(2));
  // @ts-expect-error an option of another task
  await fineTune({ task: "regression", model: "folder", train: "train.tsv", maxAnswerLength: 3 });
}

export function compute(): Tensor {
  const layer = new nn.Linear(2, 3);
  return noGrad(() => layer.forward(tensor([[1, 2]])));
}

export async function serve(): Promise<void> {
  await Fastify().register(libbertPlugin, { models: { films: "folder" }, prefix: "/models" });
}
`;

/** Compiles the program in an application, with every declaration file checked. @returns what the compiler says, or `null` */
export async function compile(
  application: string,
  { name, tsc }: Compiler,
  to: Resolution,
): Promise<string | null> {
  const compilerOptions = {
    target: "es2022",
    types: ["node"],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...to.options,
  };
  writeFileSync(join(application, to.file), PROGRAM);
  writeFileSync(join(application, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [to.file] }));
  const command = { program: process.execPath, args: [tsc, "-p", "tsconfig.json"], cwd: application };
  return attempt(`${name} compiles for ${to.name}`, command);
}
