import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions, meets } from "../../../lib/runtime/wheels/version.js";

test("specifiers of versions are met as PEP 440 says", () => {
  const met = [
    ["2.13.0+cpu", "==2.13.0+cpu"],
    ["2.13.0+cpu", "==2.13.0"],
    ["13.0.3.0", "==13.0.3"],
    ["13.0.96", "==13.0.96.*"],
    ["13.0.96.4", "==13.0.96.*"],
    ["13.1.10", "<14,>=13.0.88"],
    ["13.0.88", " >= 13.0.88 , < 14 "],
    ["1.4.7", "~=1.4.5"],
    ["2.0", "!=2.1"],
    ["2.13.0rc1", "===2.13.0rc1"],
    ["3.1", ""],
  ] as const;
  for (const [version, specifier] of met) assert.ok(meets(version, specifier), `${version} ${specifier}`);
  const unmet = [
    ["2.13.0", "==2.13.0+cpu"],
    ["2.13.0+cpu", "===2.13.0"],
    ["2.13.1", "==2.13.0"],
    ["13.0.9", "==13.0.96.*"],
    ["14.0", "<14,>=13.0.88"],
    ["13.0.9", ">=13.0.88"],
    ["1.5.0", "~=1.4.5"],
    ["2.13.0rc1", ">=2"],
  ] as const;
  for (const [version, specifier] of unmet) assert.ok(!meets(version, specifier), `${version} ${specifier}`);
  assert.throws(() => meets("1.0", "=>1"), {
    name: "LibbertError",
    code: "ERR_RUNTIME",
    message: 'Expected a specifier of versions but received "=>1"',
  });
});

test("versions are ordered by their numbers, then by their labels", () => {
  const ordered = ["2.9", "2.13.0", "2.13.0+cpu", "2.13.0+cu130", "2.13.1"];
  assert.deepEqual([...ordered].reverse().sort(compareVersions), ordered);
  assert.equal(compareVersions("2.13", "2.13.0"), 0);
});
