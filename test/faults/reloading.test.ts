import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { MINILM, rowsOf, withoutMiniLM } from "../session/support.js";
import { resources } from "./resources.js";
import { tries } from "./tries.js";

test("a model loaded, used and disposed again and again hardly takes more memory than the second time", {
  skip: withoutMiniLM,
}, async () => {
  const texts = rowsOf(100).map(({ text }) => text);
  const memory: number[] = [];
  for (let reload = 0; reload < tries(6, 100); reload++) {
    const model = await loadModel(MINILM, { task: "features" });
    await model.embed(texts);
    await model.dispose();
    memory.push(resources().memory);
  }
  // Of the last three, since a single measurement may catch a thread that is just ending.
  const last = Math.min(...memory.slice(-3));
  assert.ok(last <= 1.1 * memory[1]!, `MiB after each reload: ${memory.map(Math.round)}`);
});
