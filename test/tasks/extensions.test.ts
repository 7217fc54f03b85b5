import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SPECS } from "../../lib/tasks/find-spec.js";
import { temporaryFolder } from "../runtime/fakes.js";

/** Every extension that some task reads. */
const ALL = [...new Set(SPECS.flatMap(({ commandLine }) => commandLine.extensions))];

test("a task reads inputs from the files whose extensions it names, and from no others", async (t) => {
  const folder = temporaryFolder(t);
  for (const { name, commandLine } of SPECS)
    for (const extension of [...ALL, ".wrong"]) {
      const path = join(folder, `empty${extension}`);
      writeFileSync(path, "");
      const reading = async () => {
        for await (const _ of commandLine.inputsOf(path, {}));
      };
      const problem = await reading().then(
        () => "none",
        (error: Error) => error.message,
      );
      const isRefused = problem.includes("a file that ends in");
      assert.equal(
        isRefused,
        !commandLine.extensions.includes(extension),
        `${name} ${extension}: ${problem}`,
      );
    }
});
