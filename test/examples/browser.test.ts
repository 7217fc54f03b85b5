import "../support/one-thread.js";

import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { servePage } from "../../examples/browser/serve.js";
import { fineTune } from "../../lib/index.js";
import { rowsOf, tinyRun } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { openPage, withoutChromium } from "./chromium.js";

test("a page in a browser gives a text the label that the fine-tuned model gives it", {
  skip: withoutChromium,
}, async () => {
  await using model = await fineTune({ ...tinyRun, train: rowsOf(90), epochs: 5 });
  const directory = join(temporaryDirectory(), "export");
  await model.exportOnnx(directory, { dtype: "q8" });
  const server = await servePage(directory, 0);
  try {
    const texts = rowsOf(2, 90).map(({ text }) => text);
    const labels = (await model.predict(texts)).map(({ label }) => label);
    assert.deepEqual(labels, ["positive", "negative"]);
    const { port } = server.address() as AddressInfo;
    for (const [index, text] of texts.entries()) {
      await using page = await openPage(`http://localhost:${port}/?text=${encodeURIComponent(text)}`);
      await page.waitFor("document.getElementById('label').textContent.endsWith(')')", 60_000);
      assert.match(
        String(await page.evaluate("document.getElementById('label').textContent")),
        new RegExp(`^${labels[index]} `),
      );
    }
  } finally {
    server.close();
  }
});

test("the page's server gives no other files, and says so", async () => {
  const server = await servePage(temporaryDirectory(), 0);
  try {
    const { port } = server.address() as AddressInfo;
    for (const path of [
      "/nothing",
      "/model/../../etc/passwd",
      "/model/%2e%2e/passwd",
      "/toString/a",
      "/model/missing.json",
    ])
      assert.equal((await fetch(`http://localhost:${port}${path}`)).status, 404, path);
    assert.equal((await fetch(`http://localhost:${port}/`)).headers.get("content-type"), "text/html");
  } finally {
    server.close();
  }
});
