import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "./attempt.js";
import { ASYNC_MAIN, IMPORTS, REQUIRES } from "./programs.js";
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

/** The same program as an ES module, which imports, and in CommonJS, which requires. */
const PROGRAMS = {
  "use.mjs": `${IMPORTS}\n${ASYNC_MAIN}`,
  "use.cjs": `${REQUIRES}\n${ASYNC_MAIN}`,
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
