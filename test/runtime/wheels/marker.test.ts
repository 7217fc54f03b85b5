import assert from "node:assert/strict";
import { test } from "node:test";
import { holds } from "../../../lib/runtime/wheels/marker.js";

test("a marker holds as PEP 508 says, and what it asks of Python does", () => {
  for (const [marker, expected] of [
    ["sys_platform == 'linux'", true],
    ['"linux" != sys_platform', false],
    ["sys_platform in 'linux darwin'", true],
    ["sys_platform not in 'linux darwin'", false],
    ["sys_platform not  in 'win32' and os_name == 'posix'", true],
    ["extra == 'a' or extra == 'b' and os_name == 'nt'", true],
    ["(extra == 'a' or extra == 'b') and os_name == 'nt'", false],
    ["extra == ''", false],
    ["python_version >= '3.15' and implementation_name not in 'cpython'", true],
  ] as const)
    assert.equal(holds(marker, "a"), expected, marker);
});

test("what is no marker is refused by what does not belong there", () => {
  for (const [marker, received] of [
    ["sys_platform > 'linux'", "==, !=, in or not in in the marker sys_platform > 'linux' but received >"],
    ["extra == ", "a text in quotes or a name of PEP 508 in the marker extra == but received its end"],
    [
      "constructor == 'a'",
      "a text in quotes or a name of PEP 508 in the marker constructor == 'a' but received constructor",
    ],
    ["(extra == 'a'", "a closing parenthesis in the marker (extra == 'a' but received its end"],
    ["extra == 'a' extra", "and, or, or the end in the marker extra == 'a' extra but received extra"],
    ["extra and 'a'", "a comparison in the marker extra and 'a' but received and"],
  ] as const)
    assert.throws(() => holds(marker, ""), {
      name: "LibbertError",
      code: "ERR_RUNTIME",
      message: `Expected ${received}`,
    });
});
