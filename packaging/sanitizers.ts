/**
 * npm run test:sanitizers [-- FILE...]
 *
 * Builds the native libraries with AddressSanitizer and UndefinedBehaviorSanitizer into variants/sanitizers, which
 * nothing else looks into, and runs with them the tests of tensors and operators, or those named. The first report of a
 * sanitizer ends a test's process, and with it the test. LibTorch itself is not instrumented: what its own code does with
 * memory is seen where it calls malloc and free.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { globSync } from "tinyglobby";
import { buildNative, requireBuildTools } from "../lib/runtime/build.js";
import { diagnose } from "../lib/runtime/diagnose.js";

const TESTS = [
  ...["tensor", "nn", "optim"].map((folder) => `dist/test/${folder}/*.test.js`),
  "dist/test/native/operators.test.js",
  "dist/test/faults/addon.test.js",
];

/** AddressSanitizer keeps freed memory for a while, and this test measures what is left. */
const NOT_UNDER_SANITIZERS = ["dist/test/tensor/ended-threads.test.js"];

/** Node.js itself frees nothing at its end, and V8 catches the signals of its own traps. */
const SETTINGS = {
  ASAN_OPTIONS: "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=8192",
  UBSAN_OPTIONS: "print_stacktrace=1",
};

if (!process.env.LIBBERT_REFERENCE_PYTHON)
  throw new Error("Set LIBBERT_REFERENCE_PYTHON to a Python with torch: the operators are tested from there");
const libtorch = diagnose().search.found;
if (!libtorch) throw new Error("There is no LibTorch to build with: run npm run setup first");
requireBuildTools();
console.error(`Building with sanitizers for ${libtorch.folder}`);
const binaries = await buildNative(libtorch, () => {}, {
  variant: "sanitizers",
  defines: ["LIBBERT_SANITIZE=ON"],
});
// libasan looks for the C++ library's functions when it is loaded, and Python brings none.
const preload = ["libasan.so", "libstdc++.so.6"]
  .map((file) => execFileSync("g++", [`-print-file-name=${file}`], { encoding: "utf8" }).trim())
  .join(" ");
const named = process.argv.slice(2);
const files = named.length > 0 ? named : globSync(TESTS, { ignore: NOT_UNDER_SANITIZERS });
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], {
  stdio: "inherit",
  env: { ...process.env, ...SETTINGS, LD_PRELOAD: preload, LIBBERT_BINARIES: binaries },
});
process.exitCode = status ?? 1;
