import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { embedCommand } from "../../lib/cli/commands/embed.js";
import { fineTuneCommand } from "../../lib/cli/commands/fine-tune.js";
import { readJsonObject } from "../../lib/cli/json-file.js";
import { setup } from "../../lib/runtime/setup.js";
import { textsOfFiles } from "../../lib/tasks/texts/command-line.js";
import { temporaryFolder } from "../runtime/fakes.js";

test("errors of the command line's own options have the option's name", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "list.json");
  writeFileSync(file, "[]");
  const named = (option: string) => ({ code: "ERR_OPTION", option });
  assert.throws(() => readJsonObject(file, "grid"), named("grid"));
  assert.throws(() => readJsonObject(join(folder, "none"), "config"), named("config"));
  assert.throws(() => textsOfFiles("texts.txt", { textPair: "b" }), named("textPair"));
  await assert.rejects(setup({ libtorch: folder }), named("libtorch"));
  const fails = (run: Promise<unknown>, option: string) => assert.rejects(run, named(option));
  await fails(embedCommand().parseAsync(["--model", "dir"], { from: "user" }), "input");
  await fails(fineTuneCommand().parseAsync(["--recipe", "glue/rte"], { from: "user" }), "dataDir");
  await fails(fineTuneCommand().parseAsync(["--data-dir", "dir"], { from: "user" }), "recipe");
});
