import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Lines of a page that belong together. */
export interface Excerpt {
  /** The line of the page on which it begins, from 1. */
  firstLine: number;
  lines: string[];
}

/** A fenced block of code. */
export interface Block extends Excerpt {
  /** The page's path. */
  page: string;
  /** What stands behind the fence: `ts`; empty where nothing does. */
  language: string;
  /** `<!-- given … -->` before the block: TypeScript that its reader takes for granted, such as `declare const model`. */
  given: Excerpt | null;
  /** `<!-- run -->` before the block: a test runs it. */
  isRun: boolean;
  /** `<!-- output -->` before the block: it is what the block before it prints. */
  isOutput: boolean;
}

export interface Page {
  path: string;
  text: string;
  blocks: Block[];
}

const FOLDERS = ["docs", "examples", "bench"];

/** The README, all of docs/, and what explains the examples and benchmarks. */
export function allPages(): Page[] {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  const pages = paths.filter((path) => path.endsWith(".md")).sort();
  return ["README.md", ...pages].map((path) => parsePage(path, readFileSync(path, "utf8")));
}

/** Comments, each by itself on its lines, and at last the block that they are for. */
const BLOCK = /((?:^<!--(?:(?!-->).)*-->\n+)*)^```(\w*)\n(.*?)^```$/gms;
const COMMENT = /<!-- *(\w+)(.*?)-->/gs;

/** A page's text, its blocks of code left out. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```.*?^```$/gms, "");
}

export function parsePage(path: string, text: string): Page {
  const excerptAt = (start: number, content: string): Excerpt => ({
    firstLine: text.slice(0, start).split("\n").length,
    lines: content.replace(/\n$/, "").split("\n"),
  });
  const blocks = [...text.matchAll(BLOCK)].map((match) => {
    const [all, comments, language, code] = match as unknown as [string, string, string, string];
    const marks = [...comments.matchAll(COMMENT)];
    const given = marks.find(([, word]) => word === "given");
    const givenStart = given && match.index + given.index + given[0].indexOf(given[2]!);
    return {
      page: path,
      language,
      given: given ? excerptAt(givenStart!, given[2]!) : null,
      isRun: marks.some(([, word]) => word === "run"),
      isOutput: marks.some(([, word]) => word === "output"),
      ...excerptAt(match.index + all.lastIndexOf(`\n${code}`) + 1, code),
    };
  });
  return { path, text, blocks };
}
