import assert from "node:assert/strict";
import { test } from "node:test";
import { showsColours } from "../../lib/cli/colours.js";
import { printNextSteps, stepsWithEncoder, stepsWithModel } from "../../lib/cli/next-steps.js";
import { createProgram } from "../../lib/cli/program.js";
import { TASK_NAMES } from "../../lib/tasks/find-spec.js";
import { commandsOf, problemsOf } from "../docs/commands.js";

test("NO_COLOR and FORCE_COLOR decide about bold print; without them it is a terminal's", () => {
  const [terminal, file] = [{ isTTY: true }, { isTTY: false }];
  assert.deepEqual(
    [showsColours(terminal, {}), showsColours(file, {}), showsColours(terminal, { TERM: "dumb" })],
    [true, false, false],
  );
  assert.deepEqual(
    [showsColours(file, { FORCE_COLOR: "1" }), showsColours(terminal, { FORCE_COLOR: "0" })],
    [true, false],
  );
  assert.equal(showsColours(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }), false);
  assert.equal(showsColours(terminal, { NO_COLOR: "" }), true); // as if it were not set
});

test("what is suggested after a run are commands that there are, with the run's paths", (t) => {
  const { mock } = t.mock.method(console, "error", () => {});
  for (const task of TASK_NAMES) printNextSteps(stepsWithModel("runs/my films", task));
  printNextSteps(stepsWithEncoder("runs/pretrained"));
  const printed = mock.calls.map(({ arguments: [text] }) => String(text));
  assert.equal(
    printed[0],
    [
      "",
      "Next:",
      "  measure it  libbert evaluate --model 'runs/my films' --data TEST_FILE",
      "  use it      libbert predict --model 'runs/my films' --input FILE",
      "  for ONNX    libbert export --model 'runs/my films' --output-dir 'runs/my films-onnx'",
      "  share it    libbert push --model 'runs/my films' --repository 'NAME/my films'",
    ].join("\n"),
  );
  const commands = printed.flatMap((text) =>
    text.split("\n").flatMap((line) => /libbert .*/.exec(line) ?? []),
  );
  assert.equal(commands.length, 4 * TASK_NAMES.length + 1);
  assert.deepEqual(
    commandsOf({ lines: commands.map((line) => line.replaceAll("'", '"')) }).flatMap(problemsOf),
    [],
  );
});

test("the help of every command has an example, and options that many commands share under headings", async () => {
  const { commands } = await createProgram();
  for (const command of commands) {
    let help = "";
    command.configureOutput({
      writeOut(text) {
        help += text;
      },
    });
    command.outputHelp();
    assert.match(help, /^Examples?:\n +(eval "\$\()?libbert /m, command.name());
    if (command.name() !== "fine-tune") continue;
    const headings = [...help.matchAll(/^([A-Z].*):$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, [
      "Required",
      "Options",
      "What TensorBoard shows",
      "Where models and data sets are found",
      "What the model's card says",
      "What computes, and how",
      "Several processes",
      "Names of columns",
      "Examples",
    ]);
    assert.match(help, /^Required:\n {2}--task <task>/m);
  }
});
