/** https://llmstxt.org: what the pages are, and their texts, for programs that read Markdown rather than websites. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { linkOnSite } from "./links.ts";
import { placeOf, sections, textOf, titleOf } from "./pages.ts";

/** Writes `llms.txt`, `llms-full.txt`, and each page's Markdown beside its HTML. */
export function writeTextsForModels(folder: string): void {
  const pages = sections.flatMap(({ pages }) => pages);
  const texts = new Map(pages.map((page) => [page, markdownOnSite(page)]));
  for (const [page, text] of texts) {
    const file = join(folder, placeOf(page)!);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  writeFileSync(join(folder, "llms.txt"), overview());
  writeFileSync(join(folder, "llms-full.txt"), [...texts.values()].join("\n\n"));
}

function overview(): string {
  const lists = sections.map(({ title, pages }) => {
    const lines = pages.map((page) => `- [${titleOf(page)}](/${placeOf(page)}): ${firstSentenceOf(page)}`);
    return `## ${title}\n\n${lines.join("\n")}`;
  });
  return [`# libbert\n\n> ${firstSentenceOf("README.md")}`, ...lists].join("\n\n").concat("\n");
}

/** A page as it is in the repository, without comments, and with the links of the site. */
function markdownOnSite(page: string): string {
  const parts = textOf(page).split(/(^```.*?^```$)/gms); // odd ones are code
  const inProse = (prose: string) =>
    prose
      .replace(/<!--.*?-->\n*/gs, "")
      .replace(/\[([^\]\n]*)\]\(([^)\s]+)\)/g, (_, text: string, target: string) => {
        const link = linkOnSite(target, page);
        return link === null ? text : `[${text}](${link})`;
      });
  return parts.map((part, index) => (index % 2 === 1 ? part : inProse(part))).join("");
}

/** What a page begins with, in a line, its links as their texts alone. */
function firstSentenceOf(page: string): string {
  const paragraphs = textOf(page)
    .replace(/^```.*?^```$/gms, "")
    .split(/\n{2,}/);
  const first = paragraphs.find((paragraph) => /^[`\p{L}]/u.test(paragraph)) ?? "";
  const line = first.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("\n", " ");
  return (/^.*?\.(?= |$)/.exec(line)?.[0] ?? line).replace(/:$/, ".");
}
