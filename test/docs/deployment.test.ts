import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allPages } from "./pages.js";

test("The Dockerfile that the page of deployments shows is that of the example, which npm run docker:check builds", () => {
  const { blocks } = allPages().find(({ path }) => path === "docs/deployment.md")!;
  const shown = blocks.find(({ language }) => language === "dockerfile")!;
  assert.equal(`${shown.lines.join("\n")}\n`, readFileSync("examples/docker/Dockerfile", "utf8"));
});
