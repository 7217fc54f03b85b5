import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setup } from "../../lib/runtime/setup.js";
import { BINARIES, CUDA_BINARY } from "../../lib/runtime/variant.js";
import { setEnvironment, temporaryFolder } from "./fakes.js";
import { startIndex } from "./wheels/index-server.js";
import { makeTorch } from "./wheels/make-wheel.js";

/** What `setup --cuda` asks an index for on a machine with neither Python nor a compiler, and with these binaries. */
async function requestsOf(t: TestContext, binaries: readonly string[]): Promise<string[]> {
  const { url, requests } = await startIndex(t, [makeTorch("", { version: "2.13.0", cuda: "'13.0'" })]);
  const folder = temporaryFolder(t);
  for (const file of binaries) writeFileSync(join(folder, file), "");
  setEnvironment(t, {
    ...{ LIBBERT_CACHE: join(folder, "cache"), LIBBERT_BINARIES: folder, LIBTORCH: undefined },
    ...{ PATH: folder, LIBBERT_PYTHON: "/nowhere/python" },
    ...{ PIP_INDEX_URL: url, PIP_EXTRA_INDEX_URL: undefined, PIP_NO_INDEX: undefined },
  });
  // Empty files do not load, so it ends here at the latest.
  await assert.rejects(setup({ cuda: true }), {
    code: "ERR_RUNTIME",
    message: /apt-get install cmake g\+\+ make/,
  });
  return requests;
}

test("without a compiler, setup --cuda fetches gigabytes only where nothing has to be built", async (t) => {
  assert.deepEqual(await requestsOf(t, BINARIES), []);
  const requests = await requestsOf(t, [...BINARIES, CUDA_BINARY]);
  assert.deepEqual(
    requests.map((path) => path.split("/")[1]),
    ["simple", "simple", "files"],
  );
});
