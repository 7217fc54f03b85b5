import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { THIRD_PARTY, thirdPartyPage } from "../../packaging/third-party.js";

const lockFile = readFileSync("package-lock.json", "utf8");

test("the list of what npm installs, with its licences, is that of package-lock.json: npm run generate would change nothing", () => {
  assert.equal(readFileSync(THIRD_PARTY, "utf8"), thirdPartyPage(lockFile));
});

/** Licences that ask for no more than a notice, which each package brings. */
const PERMISSIVE = ["MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "BlueOak-1.0.0", "0BSD"];

test("every package that comes along has a licence that asks for a notice alone", () => {
  const rows = [...thirdPartyPage(lockFile).matchAll(/^\| (\S+) \| ([^|]+) \|$/gm)].slice(2);
  assert.ok(rows.length > 30);
  const others = rows.filter(([, , licence]) => !PERMISSIVE.some((known) => licence!.includes(known)));
  assert.deepEqual(
    others.map(([, name, licence]) => `${name}: ${licence}`),
    [],
  );
});

test("a package whose licence is not known is named", () => {
  const lock = JSON.stringify({
    packages: { "": {}, "node_modules/a": {}, "node_modules/b": { dev: true } },
  });
  assert.throws(() => thirdPartyPage(lock), /licence of a$/);
});
