/** Pages link to each other by their paths in the repository; the site has them elsewhere, and has no other files. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { placeOf, ROOT, sourceOf } from "./pages.ts";

/** The renderer of Markdown, of which VitePress exports no type. */
type Renderer = Parameters<NonNullable<import("vitepress").MarkdownOptions["config"]>>[0];

/**
 * What a link is on the site.
 *
 * @param target as the page has it: a path from the page's folder, with a heading or without
 * @param page its path in the repository
 * @returns a path from the site's root; `null` for a file that the site does not have; addresses and headings as they are
 * @throws Error for a file that does not exist
 */
export function linkOnSite(target: string, page: string): string | null {
  if (/^(\w+:|#)/.test(target)) return target;
  const [path, heading] = target.split("#") as [string, string?];
  const file = normalize(join(dirname(page), path)).replace(/\/$/, "");
  if (!existsSync(join(ROOT, file))) throw new Error(`${page} links to ${file}, which does not exist`);
  const place = file === "docs" ? "index.md" : placeOf(file);
  return place && `/${place}${heading === undefined ? "" : `#${heading}`}`;
}

/** A heading's anchor, as GitHub makes it of the heading's text: the pages' links are right there and here. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Lets the renderer write links as the site needs them; what links to a file of the repository alone becomes plain text. */
export function useLinksOfSite(renderer: Renderer): void {
  renderer.core.ruler.push("links-of-site", ({ tokens, env }) => {
    const page = sourceOf(env.relativePath);
    for (const { children } of tokens) {
      let isDropped = false;
      for (const token of children ?? []) {
        if (token.type === "link_open") {
          const link = linkOnSite(decodeURI(token.attrGet("href") ?? ""), page);
          isDropped = link === null;
          if (link !== null) token.attrSet("href", link);
        }
        if (isDropped && token.type.startsWith("link_")) {
          isDropped = token.type === "link_open";
          Object.assign(token, { type: "text", tag: "", content: "", nesting: 0, attrs: null });
        }
      }
    }
  });
}
