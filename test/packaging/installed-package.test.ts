import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";
import type { Report } from "../../lib/runtime/doctor.js";
import { BINARIES, PLATFORM } from "../../lib/runtime/variant.js";
import { packageProblems } from "../../packaging/package-problems.js";
import { packTarball } from "../../packaging/tarball.js";
import { labelledTexts, TINY_MODEL, writeTsv } from "../cli/command-line.js";
import { fakeLibTorch, temporaryFolder } from "../runtime/fakes.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { install, toolFolder } from "./installation.js";

const MEGABYTE = 1_000_000;

const root = temporaryDirectory();

const { search, variant } = diagnose();
const tarball = await packTarball(root);
const tools = toolFolder(root);
const application = join(root, "application");
const { unreachable } = install(tarball.path, application, tools);
const needsPackages = { skip: unreachable && `npm cannot get the package's dependencies: ${unreachable}` };
const installed = join(application, "node_modules/libbert");

/** Runs the installed `libbert` with nothing in its environment but these tools, an empty home and LIBTORCH. */
function libbert(args: string[], libtorch = search.found!.folder) {
  const home = mkdtempSync(join(root, "home-"));
  return spawnSync(join(application, "node_modules/.bin/libbert"), args, {
    cwd: application,
    encoding: "utf8",
    env: { PATH: tools, HOME: home, LIBTORCH: libtorch },
  });
}

test("the tarball stays under 30 MB, packed and unpacked", (t) => {
  const variants = readdirSync(join(root, "source/variants"));
  const sizes = [tarball.size, tarball.unpackedSize].map((bytes) => (bytes / MEGABYTE).toFixed(2));
  t.diagnostic(`${sizes.join(" MB, unpacked ")} MB with ${variants.join(", ")}`);
  assert.ok(tarball.size < 30 * MEGABYTE);
  assert.ok(tarball.unpackedSize < 30 * MEGABYTE);
});

test("the tarball has the compiled library, what a build on the spot needs, the binaries, and nothing else", () => {
  const expected =
    /^(package\.json|README\.md|CHANGELOG\.md|THIRD_PARTY\.md|LICENSE|CMakeLists\.txt|lib\/report\/page\/.+\.(js|css)|cmake\/.+\.cmake|native\/.+\.(cc|cu|cuh|h)|dist\/lib\/.+\.(js|d\.ts)|variants\/[^/]+\/prebuilds\/linux-[^/]+\/([\w.]+\.(node|so)|manifest\.json))$/;
  const paths = tarball.files.map(({ path }) => path);
  assert.deepEqual(
    paths.filter((path) => !expected.test(path)),
    [],
  );
  for (const file of [...BINARIES, "manifest.json"]) {
    assert.ok(paths.includes(`variants/${variant}/prebuilds/${PLATFORM}/${file}`), file);
  }
});

test("publint and arethetypeswrong find nothing wrong with the tarball", async () => {
  assert.deepEqual(await packageProblems(tarball.path), []);
});

test("an entry point whose file is not packed is found out", async (t) => {
  const folder = temporaryFolder(t);
  const manifest = {
    name: "broken",
    version: "1.0.0",
    type: "module",
    files: ["index.js", "index.d.ts"],
    exports: { ".": "./index.js", "./other": "./other.js" },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  for (const name of ["index.js", "other.js", "index.d.ts"]) writeFileSync(join(folder, name), "export {};");
  execFileSync("npm", ["pack"], { cwd: folder, stdio: "ignore" });
  const problems = await packageProblems(join(folder, "broken-1.0.0.tgz"));
  assert.match(problems.join("\n"), /^publint: .*\.\/other\.js but the file does not exist/m);
  assert.match(
    problems.join("\n"),
    /^arethetypeswrong: NoResolution .*"\.\/other","resolutionKind":"bundler"/m,
  );
});

test("without compiler and Python, the installed package fine-tunes and predicts", needsPackages, (t) => {
  for (const program of ["g++", "c++", "gcc", "cc", "clang++", "cmake", "make", "python3"]) {
    assert.equal(existsSync(join(tools, program)), false, program);
  }
  const folder = temporaryFolder(t);
  const train = writeTsv(folder, "train.tsv", labelledTexts(48));
  const model = join(folder, "model");
  const data = ["--train", train, "--validation", train, "--output-dir", model];
  const settings = ["--epochs", "2", "--learning-rate", "1e-3", "--json"];
  const run = libbert(["fine-tune", "--task", "classification", "--model", TINY_MODEL, ...data, ...settings]);
  assert.equal(run.status, 0, run.stderr);
  assert.ok(existsSync(join(model, "model.safetensors")));
  const prediction = libbert(["predict", "--model", model, "--text", "the good story was good", "--json"]);
  assert.equal(prediction.status, 0, prediction.stderr);
  assert.match(prediction.stdout, /negative|neutral|positive/);
});

test("the installed package loads the binaries that came with it", needsPackages, () => {
  const { status, stdout, stderr } = libbert(["doctor", "--json"]);
  assert.equal(status, 0, stderr);
  const report: Report = JSON.parse(stdout);
  assert.equal(report.binaries, join(installed, "variants", variant!, "prebuilds", PLATFORM));
  assert.equal(report.verdict, `libbert can run: ${variant} loads`);
});

test(
  "setup uses the binaries that came with the package, whatever the files' times, and says so",
  needsPackages,
  () => {
    // npm packs 1985-10-26 as the time of every file; some programs that unpack keep it, others take the present.
    const packed = new Date("1985-10-26T08:15:00Z");
    const binaries = join(installed, "variants", variant!, "prebuilds", PLATFORM);
    for (const file of readdirSync(binaries)) utimesSync(join(binaries, file), packed, packed);
    assert.ok(statSync(join(installed, "CMakeLists.txt")).mtime > packed);
    const { status, stderr } = libbert(["setup"]);
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      new RegExp(`^The native libraries ${variant} came with the package: nothing to build$`, "m"),
    );
    assert.equal(existsSync(join(installed, "variants", variant!, "build")), false);
  },
);

test(
  "with a compiler, the installed package can be built for another LibTorch: no source is missing",
  needsPackages,
  (t) => {
    // CMake looks for every source file when it configures; compiling takes minutes, and is what npm run setup does.
    const libtorch = `-DLIBTORCH=${search.found!.folder}`;
    const { status, stderr } = spawnSync("cmake", ["-S", installed, "-B", temporaryFolder(t), libtorch], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  },
);

test("a LibTorch of another minor version is refused with those that fit", needsPackages, (t) => {
  const folder = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.12.1+cpu");
  const run = libbert(["embed", "--model", TINY_MODEL, "--text", "a"], folder);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /LIBTORCH names .*, but it is LibTorch 2\.12\.1; libbert fits 2\.13 and 2\.11/);
});

test(
  "a LibTorch that fits but for which no binaries came is refused with those that did",
  needsPackages,
  (t) => {
    const folder = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.13.0", "99.9");
    const run = libbert(["embed", "--model", TINY_MODEL, "--text", "a"], folder);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      new RegExp(`no native libraries for torch2\\.13-cu999 yet, only for .*${variant}`),
    );
    assert.match(run.stderr, /apt-get install cmake g\+\+ make\n {2}npx libbert setup/);
  },
);

test("rubbish in LIBTORCH is refused with what is wrong there", needsPackages, (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "lib"));
  writeFileSync(join(folder, "lib/libtorch_cpu.so"), "rubbish");
  const problemWith = (libtorch: string) => {
    const run = libbert(["embed", "--model", TINY_MODEL, "--text", "a"], libtorch);
    assert.equal(run.status, 1);
    return run.stderr;
  };
  assert.match(problemWith("/nowhere"), /LIBTORCH names \/nowhere, but it does not exist/);
  assert.match(problemWith(join(folder, "lib")), /but it has no lib\/libtorch_cpu\.so/);
  assert.match(problemWith(folder), /but it has no include\//);
  const { version, flavour } = search.found!;
  const cuda = flavour === "cpu" ? null : flavour.replace(/^cu(\d+)(\d)$/, "$1.$2");
  const hollow = fakeLibTorch(join(folder, "hollow"), version, cuda);
  assert.match(problemWith(hollow), /does not load: .*libc10\.so: cannot open shared object file/);
});
