import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allPages } from "./pages.js";

const sections = JSON.parse(readFileSync("site/sections.json", "utf8")) as { pages: string[] }[];

test("The site's menu has every page of the README, docs/, examples/ and bench/ once", () => {
  const listed = sections.flatMap(({ pages }) => pages);
  const ofRepository = ["SECURITY.md", "CHANGELOG.md", "THIRD_PARTY.md"];
  assert.deepEqual(listed.toSorted(), [...allPages().map(({ path }) => path), ...ofRepository].sort());
});
