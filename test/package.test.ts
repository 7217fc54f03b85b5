import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

function run(program: string, args: string[]): string {
  const child = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(child.status, 0, child.stderr);
  return child.stdout.trim();
}

test("the package is imported by an ES module and required by CommonJS under its own name", () => {
  const check =
    "process.stdout.write([bert.fineTune, torch.Tensor, serving.libbertPlugin].map((one) => typeof one).join())";
  const names = { bert: "libbert", torch: "libbert/torch", serving: "libbert/fastify" };
  const entries = Object.entries(names);
  const esm = entries.map(([name, path]) => `import * as ${name} from "${path}";`).join(" ") + check;
  const cjs = entries.map(([name, path]) => `const ${name} = require("${path}");`).join(" ") + check;
  assert.equal(run(process.execPath, ["--input-type=module", "--eval", esm]), "function,function,function");
  assert.equal(run(process.execPath, ["--input-type=commonjs", "--eval", cjs]), "function,function,function");
});

test("importing libbert loads no LibTorch into the application's thread", () => {
  const check =
    "import 'libbert'; import { readFileSync } from 'node:fs'; process.stdout.write(readFileSync('/proc/self/maps', 'utf8'))";
  assert.doesNotMatch(run(process.execPath, ["--input-type=module", "--eval", check]), /libtorch/);
});

test("the published package has the library, the native sources and nothing of the tests", () => {
  const [packed] = JSON.parse(run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"])) as {
    files: { path: string }[];
  }[];
  const paths = packed!.files.map(({ path }) => path);
  for (const needed of [
    "dist/lib/index.js",
    "dist/lib/index.d.ts",
    "native/ops/schema.cc",
    "CMakeLists.txt",
    "LICENSE",
  ]) {
    assert.ok(paths.includes(needed), `${needed} is missing`);
  }
  assert.deepEqual(
    paths.filter((path) => /(^|\/)(test|examples|bench|packaging|node_modules)\/|\.map$/.test(path)),
    [],
  );
});
