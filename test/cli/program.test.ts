import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { createProgram } from "../../lib/cli/program.js";

/** Each command has a file. */
const COUNT = readdirSync("lib/cli/commands").length;

test("a command that is called is loaded alone, and is what it is among all", async () => {
  const { commands } = await createProgram();
  assert.equal(commands.length, COUNT);
  for (const command of commands) {
    const alone = await createProgram(command.name());
    assert.deepEqual(
      alone.commands.map((one) => one.helpInformation()),
      [command.helpInformation()],
    );
  }
});

test("a first word that is no command loads all, for the help and for what was meant", async () => {
  for (const word of ["--help", "predct", "toString"])
    assert.equal((await createProgram(word)).commands.length, COUNT);
});
