import assert from "node:assert/strict";
import { test } from "node:test";
import { libbertInProcess } from "./in-process.js";

test("a role beside a prompt that would take its place is refused before the model is read", async () => {
  for (const flag of ["--prompt", "--prompt-name"]) {
    const words = ["embed", "--model", "no model at all", "--text", "a", "--role", "query", flag, "document"];
    const { status, stderr } = await libbertInProcess(words);
    assert.equal(
      stderr,
      `libbert: Expected no value beside a prompt, which takes the place of the role's, for --role but received "query"\n`,
    );
    assert.equal(status, 2);
  }
});
