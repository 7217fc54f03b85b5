import assert from "node:assert/strict";
import { test } from "node:test";
import { Counts, Distribution, metricsText } from "../../lib/serving/prometheus-text.js";

test("metrics are written as Prometheus reads them: help, type, samples with their labels", () => {
  const requests = new Counts();
  requests.add({ route: "/a", status: "200" });
  requests.add({ route: "/a", status: "200" }, 2);
  requests.add({ route: 'a "quoted"\\\n', status: "200" });
  const text = metricsText([
    { name: "requests_total", help: "Requests.", type: "counter", samples: requests.samples() },
  ]);
  assert.equal(
    text,
    "# HELP requests_total Requests.\n# TYPE requests_total counter\n" +
      'requests_total{route="/a",status="200"} 3\n' +
      'requests_total{route="a \\"quoted\\"\\\\\\n",status="200"} 1\n',
  );
});

test("a distribution counts what lies at or below each bound, and sums all", () => {
  const seconds = new Distribution([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.add({}, value);
  const text = metricsText([
    { name: "seconds", help: "Seconds.", type: "histogram", samples: seconds.samples() },
  ]);
  assert.deepEqual(text.split("\n").slice(2), [
    'seconds_bucket{le="0.1"} 2',
    'seconds_bucket{le="1"} 3',
    'seconds_bucket{le="+Inf"} 4',
    "seconds_sum 7.65",
    "seconds_count 4",
    "",
  ]);
});
