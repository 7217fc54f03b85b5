import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command, Option } from "commander";
import { createProgram } from "../../lib/cli/program.js";

/** What a flag comes to when it is given with some values. */
function given(command: Command, { long }: Option, values: string[]): unknown {
  command.parseOptions(values.flatMap((value) => [long!, value]));
  return command.opts();
}

test("every flag of every command that takes one value is refused with a second, and not with the same again", async () => {
  let checked = 0;
  for (const command of (await createProgram()).commands) {
    for (const option of command.options) {
      if (!option.required || option.flags.includes("...")) continue;
      given(command, option, ["1", "1"]);
      assert.throws(() => given(command, option, ["2"]), {
        code: "ERR_OPTION",
        message: `Expected ${option.long} once but received it with "1" and "2"`,
      });
      checked++;
    }
  }
  assert.ok(checked > 100, `${checked} flags`);
});

test("a flag that takes a list adds what it is given again, and a switch may be repeated", async () => {
  const fineTune = (await createProgram()).commands.find((command) => command.name() === "fine-tune")!;
  fineTune.parseOptions(["--labels", "a,b", "--labels", "c", "--overwrite", "--overwrite"]);
  assert.deepEqual(fineTune.opts().labels, ["a", "b", "c"]);
});
