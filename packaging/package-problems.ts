import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/**
 * What publint and arethetypeswrong find wrong with a packed package: with its fields and files, and with how TypeScript resolves its
 * entry points.
 *
 * @param tarball the path of what `npm pack` made
 * @returns a line each; none where all is well
 */
export async function packageProblems(tarball: string): Promise<string[]> {
  const bytes = new Uint8Array(readFileSync(tarball));
  return [...(await problemsOfFields(bytes)), ...(await problemsOfTypes(bytes))];
}

async function problemsOfFields(bytes: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

async function problemsOfTypes(bytes: Uint8Array): Promise<string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(bytes));
  if (analysis.types === false) return ["arethetypeswrong: no types"];
  return analysis.problems
    .filter((problem) => !isExpected(problem))
    .map(({ kind, ...where }) => `arethetypeswrong: ${kind} ${JSON.stringify(where)}`);
}

/**
 * What holds for every package of ES modules alone, and is no fault of one that needs Node.js 20.19:
 * - node10 is how Node.js 10 resolved names, which knew no `exports`; TypeScript 7 does not have it any more.
 * - CommonJS that resolves to an ES module: each Node.js that libbert supports requires those (`npm run compatibility` tries it).
 */
function isExpected(problem: Problem): boolean {
  if ("resolutionKind" in problem && problem.resolutionKind === "node10") return true;
  return problem.kind === "CJSResolvesToESM";
}
