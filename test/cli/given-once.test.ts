import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import type { Command, Option } from "commander";
import { refuseRepeated } from "../../lib/cli/flags/given-once.js";

const FOLDER = new URL("../../lib/cli/commands/", import.meta.url);

/** A fresh copy of every command of `libbert`. */
async function commands(): Promise<Command[]> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));
  const modules = await Promise.all(files.map((file) => import(new URL(file, FOLDER).href)));
  return modules.flatMap((exported) =>
    Object.entries<(isCommand: () => boolean) => Command>(exported)
      .filter(([name]) => name.endsWith("Command"))
      .map(([, create]) => refuseRepeated(create(() => false).exitOverride())),
  );
}

/** What a flag comes to when it is given with some values. */
function given(command: Command, { long }: Option, values: string[]): unknown {
  command.parseOptions(values.flatMap((value) => [long!, value]));
  return command.opts();
}

test("every flag of every command that takes one value is refused with a second, and not with the same again", async () => {
  let checked = 0;
  for (const command of await commands()) {
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
  const fineTune = (await commands()).find((command) => command.name() === "fine-tune")!;
  fineTune.parseOptions(["--labels", "a,b", "--labels", "c", "--overwrite", "--overwrite"]);
  assert.deepEqual(fineTune.opts().labels, ["a", "b", "c"]);
});
