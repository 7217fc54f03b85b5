import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { passagesOf } from "../../examples/markdown-questions/passages.js";
import { modelOfVectors } from "../session/rankings.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { startExample } from "./start-example.js";

const PAGE = `# Films

The story was good.
The cast was funny.

## \`Music\`

    It was cold.

\`\`\`sh
# no heading
\`\`\`
<!-- not
shown -->
- So slow

### Ending ###
Never.
## Plot
| a | b |
`;

test("passages have the headings above them and the line on which they begin; code and comments are in none", () => {
  assert.deepEqual(
    passagesOf("a.md", PAGE).map(({ line, heading, text }) => [line, heading, text]),
    [
      [3, "Films", "The story was good.\nThe cast was funny."],
      [8, "Films: Music", "    It was cold."],
      [15, "Films: Music", "- So slow"],
      [18, "Films: Music: Ending", "Never."],
      [20, "Films: Plot", "| a | b |"],
    ],
  );
});

test("a paragraph that is one long line is in several passages, which end with sentences or words", () => {
  const sentence = `${"so ".repeat(133)}on. `;
  const parts = passagesOf("a.md", `# C#\n\n${sentence.repeat(5)}\n\n${"x".repeat(1500)}`);
  assert.deepEqual(
    parts.map(({ line, heading, text }) => [line, heading, text.length]),
    [
      [3, "C#", 2 * sentence.length - 1],
      [3, "C#", 2 * sentence.length - 1],
      [3, "C#", sentence.length - 1],
      [5, "C#", 1000],
      [5, "C#", 500],
    ],
  );
});

test("each line of prose is in one passage, word for word and at its place; none is too long", () => {
  const line = fc.oneof(
    { weight: 5, arbitrary: fc.stringMatching(/^[a-z |]{1,300}$/) },
    { weight: 5, arbitrary: fc.constant("so ".repeat(99)) },
    { weight: 2, arbitrary: fc.constant("") },
    fc.constantFrom("# One", "## Two", "### Three", "---"),
    fc.constantFrom("```", "~~~~", "```ts"),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const covered = new Set<number>();
      for (const passage of passagesOf("a.md", lines.join("\n"))) {
        const own = passage.text.split("\n");
        const there = lines.slice(passage.line - 1, passage.line - 1 + own.length);
        assert.equal(there.join("\n").trimEnd(), passage.text);
        assert.ok(passage.text.length <= 1000);
        for (const [index] of own.entries()) {
          assert.ok(!covered.has(passage.line + index));
          covered.add(passage.line + index);
        }
      }
      let fence: string | undefined;
      for (const [index, text] of lines.entries()) {
        const mark = /^(`{3}|~{4})/.exec(text)?.[0];
        const isProse = fence === undefined && mark === undefined && !text.startsWith("#");
        if (text.trim() !== "") assert.equal(covered.has(index + 1), isProse, `line ${index + 1}: ${text}`);
        if (fence === undefined) fence = mark;
        else if (text === fence) fence = undefined;
      }
    }),
  );
});

test("answers stand where the example says, word for word", async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "more"));
  const [page, other] = ["films.md", "more/other.md"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(page, PAGE);
  writeFileSync(other, "# Other\n\nthe actor of the film\nwas so\nvery good\n");
  const example = startExample("markdown-questions/ask", [
    ...["--folder", folder, "--model", goldenPath("tiny-bert-questions"), "--encoder", modelOfVectors()],
    ...["--answers", "9"],
  ]);
  example.child.stdin.end("who was good?\n\nwas it slow\n");
  const { code, stderr } = await example.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^6 passages of /);
  const shown: string[] = [];
  for await (const line of example.lines) shown.push(line);
  assert.ok(shown.length >= 4, shown.join("\n"));
  const scores = shown.map((line) => {
    const [, file, number, answer, score] = /^(.+?):(\d+): (.*) {2}\(.*; (.*)\)$/.exec(line)!;
    const [first, ...others] = readFileSync(file!, "utf8")
      .split("\n")
      .slice(Number(number) - 1);
    const place = [first, ...others].join(" ").replace(/\s+/g, " ").indexOf(answer!);
    assert.ok(place >= 0 && place < first!.length, line);
    return Number(score);
  });
  assert.ok(scores.every((score) => score >= 0 && score <= 1));
});
