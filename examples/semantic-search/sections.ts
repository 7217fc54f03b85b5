import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A part of a page, as it is found and shown. */
export interface Section {
  /** The page and its anchor there: `hub.md#pushing-a-model`. */
  id: string;
  /** The titles of the page and of the section, and what stands below. */
  text: string;
}

/** The sections of all Markdown files in a folder, one a heading. */
export async function sectionsIn(folder: string): Promise<Section[]> {
  const pages = (await readdir(folder)).filter((name) => name.endsWith(".md")).sort();
  const sections = await Promise.all(
    pages.map(async (page) => sectionsOf(page, await readFile(join(folder, page), "utf8"))),
  );
  return sections.flat();
}

function sectionsOf(page: string, markdown: string): Section[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "").replace(/<!--[\s\S]*?-->/g, "");
  const parts = prose.split(/^#+ (?=\S)/m).filter((part) => part.trim() !== "");
  const title = headingOf(parts[0] ?? "");
  return parts.map((part) => {
    const heading = headingOf(part);
    const body = part.slice(part.indexOf("\n")).replace(/\s+/g, " ").trim();
    return {
      id: `${page}#${anchorOf(heading)}`,
      text: `${heading === title ? "" : `${title}: `}${heading}. ${body}`,
    };
  });
}

function headingOf(part: string): string {
  return part.split("\n", 1)[0]!.replaceAll("`", "").trim();
}

/** As GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
