import "../../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { holds } from "../../../lib/runtime/wheels/marker.js";
import { glibcVersion, thisPlatform } from "../../../lib/runtime/wheels/platform.js";

test("the C library is looked up once, without the names of hosts, and not for a marker", (t) => {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  const seen: boolean[] = [];
  const getReport = report.getReport.bind(report);
  t.mock.method(report, "getReport", () => {
    seen.push(report.excludeNetwork);
    return getReport();
  });
  holds("platform_machine == 'x86_64'", "");
  assert.deepEqual(seen, []);
  assert.match(thisPlatform().glibc ?? "2.0", /^\d+\.\d+$/);
  assert.equal(glibcVersion(), thisPlatform().glibc);
  assert.deepEqual(seen, [true]);
  assert.equal(report.excludeNetwork, excludeNetwork);
});
