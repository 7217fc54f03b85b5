import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { allPages, type Page, proseOf } from "./pages.js";

const pages = allPages();
const readme = pages.find(({ path }) => path === "README.md")!;

/** The targets of links within the repository. */
function linksOf(page: Page): string[] {
  const prose = proseOf(page).replace(/`[^`\n]+`/g, ""); // what stands in backquotes is no link
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => !/^https?:/.test(target));
}

/** What a link to a heading calls it, as GitHub makes it of the heading's text. */
function anchorsOf(page: Page): string[] {
  const headings = proseOf(page).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("The README has at most 200 lines", () => {
  assert.ok(readme.text.trimEnd().split("\n").length <= 200);
});

test("The README links to every page of docs/", () => {
  const linked = linksOf(readme).map((target) => target.replace(/#.*$/, ""));
  const missing = readdirSync("docs").filter((name) => !linked.includes(`docs/${name}`));
  assert.deepEqual(missing, []);
});

test("The README's list of folders has all of lib/", () => {
  const [, listed] = /^## Architecture\n+```text\n(.*?)^```/ms.exec(readme.text)!;
  const names = [...listed!.matchAll(/^lib\/([\w-]+)\//gm)].map(([, name]) => name!);
  const folders = readdirSync("lib", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(names.toSorted(), folders.map(({ name }) => name).toSorted());
});

/** Files and folders of the repository that a page names in backquotes, as far as a name is no pattern. */
function namedPaths({ text }: Page): string[] {
  const paths = text.matchAll(/`((?:bench|docs|examples|lib|native|packaging|test)\/[\w./-]*)`/g);
  return [...paths].map(([, path]) => path!);
}

test("Every file and folder that a page names is there", () => {
  assert.ok(pages.flatMap(namedPaths).length > 20);
  const missing = pages.flatMap((page) =>
    namedPaths(page)
      .filter((path) => !existsSync(path))
      .map((path) => `${page.path}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

test("Every link within the repository points to a file, and to a heading that it has", () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((target) => !isThere(page, target))
      .map((target) => `${page.path}: ${target}`),
  );
  assert.deepEqual(broken, []);
  assert.equal(isThere(readme, "docs/nothing.md"), false);
  assert.equal(isThere(readme, "#nothing"), false);
});

function isThere(page: Page, target: string): boolean {
  const [path, anchor] = target.split("#") as [string, string?];
  const file = path === "" ? page.path : join(dirname(page.path), path);
  if (anchor === undefined) return existsSync(file);
  const linked = pages.find((other) => other.path === file);
  return linked !== undefined && anchorsOf(linked).includes(anchor);
}
