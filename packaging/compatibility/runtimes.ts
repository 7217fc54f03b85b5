import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "./attempt.js";
import type { Tools } from "./tools.js";

/** What runs JavaScript. */
export interface Runtime {
  name: string;
  program: string;
}

export function runtimes(tools: Tools): Runtime[] {
  const nodes = (["node-20", "node-22", "node-24", "node-26"] as const).map((name) => ({
    name: `Node.js ${tools.version(name)}`,
    program: tools.path(name, "bin/node"),
  }));
  return [...nodes, { name: `Bun ${tools.version("bun")}`, program: tools.path("bun", "bin/bun") }];
}

/** A model on the compute thread, a tensor on this one, and the plugin: the three entry points and both ways to the addon. */
const USE = `
  const model = await loadModel(process.argv[2]);
  const [vector] = await model.embed(["a text"]);
  await model.dispose();
  const sum = tensor([1, 2]).sum().item();
  if (vector.length === 0 || sum !== 3 || typeof libbertPlugin !== "function") throw new Error("wrong results");
`;

const ENTRY_POINTS = { loadModel: "libbert", tensor: "libbert/torch", libbertPlugin: "libbert/fastify" };

const entries = Object.entries(ENTRY_POINTS);

/** The same program as an ES module, which imports, and in CommonJS, which requires. */
const PROGRAMS = {
  "use.mjs": `${entries.map(([name, path]) => `import { ${name} } from "${path}";`).join("\n")}\n${USE}`,
  "use.cjs": `${entries.map(([name, path]) => `const { ${name} } = require("${path}");`).join("\n")}
(async () => {${USE}})().catch((error) => { console.error(error); process.exitCode = 1; });`,
};

/** Runs both programs in an application that has libbert. @returns what went wrong first, or `null` */
export async function run(application: string, runtime: Runtime, model: string): Promise<string | null> {
  for (const [file, source] of Object.entries(PROGRAMS)) {
    writeFileSync(join(application, file), source);
    const command = { program: runtime.program, args: [file, model], cwd: application };
    const problem = await attempt(`  ${runtime.name} runs ${file}`, command);
    if (problem !== null) return problem;
  }
  return null;
}
