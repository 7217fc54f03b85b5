import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pullModel } from "../../lib/hub/pull-model.js";
import { COMMIT, machineWithHub, NAME } from "./support.js";

test("a copy without a listing, as Python makes it file by file, is compared once; until then a warning says what it may lack", async (t) => {
  const { server, cache } = await machineWithHub(t);
  await pullModel(NAME, {});
  const repository = join(cache, "models--tiny-org--tiny-bert");
  rmSync(join(repository, "trees"), { recursive: true });
  const heard: string[] = [];
  const listen = ({ message }: Error) => void heard.push(message);
  process.on("warning", listen);
  t.after(() => process.off("warning", listen));
  const offline = async () => {
    heard.length = 0;
    await pullModel(NAME, { localFilesOnly: true });
    await new Promise(setImmediate);
    return heard.join();
  };
  assert.match(
    await offline(),
    /^The copy of tiny-org\/tiny-bert in \S+ was fetched file by file, and may lack special_tokens_map\.json, added_tokens\.json, modules\.json; /,
  );
  const noExist = join(repository, ".no_exist", COMMIT);
  mkdirSync(noExist, { recursive: true });
  for (const file of ["special_tokens_map.json", "added_tokens.json", "modules.json"])
    writeFileSync(join(noExist, file), "");
  assert.equal(await offline(), "");
  rmSync(noExist, { recursive: true });
  server.requests.length = 0;
  await pullModel(NAME, { revision: COMMIT });
  await pullModel(NAME, { revision: COMMIT });
  assert.equal(server.requests.length, 1);
  assert.equal(await offline(), "");
});
