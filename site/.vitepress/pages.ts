/** The pages of the site: which files of the repository they are, where the site has them, and in which order. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sections from "../sections.json" with { type: "json" };

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export { sections };

const listed = new Set(sections.flatMap(({ pages }) => pages));

/**
 * Where the site has a file of the repository, as a path of a Markdown file: `docs/gpu.md` is `gpu.md`.
 *
 * @param path in the repository; a folder stands for its README
 * @returns `null` where the site does not have it
 */
export function placeOf(path: string): string | null {
  const page = listed.has(`${path}/README.md`) ? `${path}/README.md` : path;
  if (page === "README.md") return "index.md";
  if (page.startsWith("site/api/")) return page.slice("site/".length);
  if (!listed.has(page)) return null;
  const place = page.replace(/^docs\//, "").replace(/\/README\.md$/, ".md");
  return place.toLowerCase().replaceAll("_", "-");
}

const pages = new Map([...listed].map((page) => [placeOf(page), page]));

/** The file of the repository that a page of the site is. @param page where the site has it; the search's index names the file itself */
export function sourceOf(page: string): string {
  const isFile = listed.has(page) || page.startsWith("site/");
  return isFile ? page : (pages.get(page) ?? `site/${page}`);
}

/** A page's text. @throws Error where there is none */
export function textOf(path: string): string {
  const file = join(ROOT, path);
  if (!existsSync(file)) throw new Error(`site/sections.json names ${path}, which does not exist`);
  return readFileSync(file, "utf8");
}

/** A page's first heading. */
export function titleOf(path: string): string {
  const [, title] = /^# (.*)$/m.exec(textOf(path)) ?? [];
  return path === "README.md" ? "First steps" : (title ?? path).replaceAll("`", "");
}
