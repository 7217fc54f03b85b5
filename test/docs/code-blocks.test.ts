import assert from "node:assert/strict";
import { test } from "node:test";
import { compileBlocks, createApplication } from "./application.js";
import { commandsOf, problemsOf } from "./commands.js";
import { allPages, parsePage } from "./pages.js";

const pages = allPages();
const blocks = pages.flatMap((page) => page.blocks);
const blocksIn = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

/** Blocks without a language are commands, too. */
const COMMANDS = ["sh", ""];

test("Every block of code is TypeScript, JSON, commands, or output that says so", () => {
  const languages = ["ts", "json", "text", "ini", "dockerfile", ...COMMANDS];
  const others = blocks.filter(({ language }) => !languages.includes(language));
  assert.deepEqual(others, []);
  for (const language of ["ts", "json", "sh"]) assert.ok(blocksIn(language).length > 0, language);
});

test("Every block of TypeScript compiles in an application; an error would be told with page and line", async () => {
  const wrong = parsePage(
    "docs/wrong.md",
    [
      "# Wrong",
      "<!-- given",
      'import type { Model } from "libbert";',
      'declare const model: Model<"classification">;',
      "-->",
      "```ts",
      'await model.predict(["fine"]);',
      'await model.predict("not fine");',
      "```",
      "",
    ].join("\n"),
  );
  const errors = await compileBlocks(createApplication(), [...wrong.blocks, ...blocksIn("ts")]);
  const isOfWrong = (error: string) => error.startsWith("docs/wrong.md");
  const [expected, ...others] = errors.sort((a, b) => Number(isOfWrong(b)) - Number(isOfWrong(a)));
  assert.match(expected ?? "", /^docs\/wrong\.md, line 8: error TS2345/);
  assert.deepEqual(others, []);
});

test("Every block of JSON parses", () => {
  for (const { page, firstLine, lines } of blocksIn("json"))
    assert.doesNotThrow(() => JSON.parse(lines.join("\n")), `${page}, line ${firstLine}`);
});

test("Every command that the pages show is there, and has the flags that they give it", () => {
  const problems = blocksIn(...COMMANDS).flatMap((block) =>
    commandsOf(block).flatMap((words) =>
      problemsOf(words).map((problem) => `${block.page}, line ${block.firstLine}: ${problem}`),
    ),
  );
  assert.deepEqual(problems, []);
});

test("A command that does not exist, a flag that it does not have and a program without a source are found", () => {
  const problems = (line: string) =>
    commandsOf({ lines: line.split("\n") }).flatMap((words) => problemsOf(words));
  assert.deepEqual(problems("libbert tune"), ["libbert has no command tune"]);
  assert.deepEqual(problems("libbert predict --modle a"), ["libbert predict has no --modle"]);
  assert.deepEqual(problems("libbert predict a"), ["libbert predict takes no argument a"]);
  assert.deepEqual(problems('libbert predict --model "a b" --text   # --nothing'), [
    "libbert predict --text needs a value",
  ]);
  assert.deepEqual(problems("libbert vocab --input a.txt b.txt --size 9 \\\n  --output-dir c"), []);
  assert.deepEqual(problems("libbert launch --processes 2 fine-tune --steps 3"), [
    "libbert fine-tune has no --steps",
  ]);
  assert.deepEqual(problems("torchrun --no-python npx libbert pretrain --resum"), [
    "libbert pretrain has no --resum",
  ]);
  assert.deepEqual(problems("npm ci && npm run nothing"), ["package.json has no script nothing"]);
  assert.deepEqual(problems("node dist/bench/nothing.js"), ["there is no bench/nothing.ts"]);
  assert.deepEqual(problems("node dist/bench/sst2.js --seed 1"), ["bench/sst2.ts has no --seed"]);
  assert.deepEqual(problems("sbatch examples/nothing.sbatch"), ["there is no examples/nothing.sbatch"]);
  assert.deepEqual(problems("rm a"), ["rm is not known here"]);
});
