import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { compareVersions, readBinary } from "../../packaging/binary.js";
import { faults } from "../../packaging/portability.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { sharedLibrary } from "./shared-library.js";

/** A library that needs what no system has yet, as a build on a system of the future would. */
function libraryOfTheFuture(t: TestContext, file: string): { library: string; folder: string } {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "versions"), "GLIBC_2.99 { fromGlibc; };\nGLIBCXX_3.4.99 { fromLibstdcxx; };\n");
  sharedLibrary(
    folder,
    "libfuture.so",
    "void fromGlibc(void) {}\nvoid fromLibstdcxx(void) {}\n",
    "-Wl,--version-script=versions",
  );
  const source = `void fromGlibc(void); void fromLibstdcxx(void);
    const char* both(void) { fromGlibc(); fromLibstdcxx(); return "${folder}/secret.c"; }`;
  const search = "-Wl,-rpath,/opt/somewhere:$ORIGIN/beside";
  return { folder, library: sharedLibrary(folder, file, source, "-g", "libfuture.so", search) };
}

test("needed libraries, search folders and the highest symbol versions of a library are read", (t) => {
  const { library } = libraryOfTheFuture(t, "libbert_ops.so");
  const { file, needed, searched, highest, stripped } = readBinary(library);
  assert.equal(file, "libbert_ops.so");
  assert.ok(needed.includes("libfuture.so"), `${needed}`);
  assert.deepEqual(searched, ["/opt/somewhere", "$ORIGIN/beside"]);
  assert.deepEqual(highest, { GLIBC: "2.99", GLIBCXX: "3.4.99" });
  assert.equal(stripped, false);
});

test("every reason why a library would not load elsewhere, or tells about this machine, is named", (t) => {
  const { library, folder } = libraryOfTheFuture(t, "libbert_ops.so");
  assert.deepEqual(faults(library, [folder, "/nowhere"]), [
    "libbert_ops.so needs GLIBC 2.99, newer than 2.28, for fromGlibc@GLIBC_2.99",
    "libbert_ops.so needs GLIBCXX 3.4.99, newer than 3.4.25, for fromLibstdcxx@GLIBCXX_3.4.99",
    "libbert_ops.so needs libfuture.so, which comes neither with Node.js nor with LibTorch",
    "libbert_ops.so looks for libraries in /opt/somewhere",
    "libbert_ops.so is not stripped",
    `libbert_ops.so names the folder ${folder}`,
  ]);
});

test("a library without its symbol table, search folders and foreign needs has no fault", (t) => {
  const folder = temporaryFolder(t);
  const library = sharedLibrary(folder, "libbert_ops.so", "int one(void) { return 1; }", "-s");
  assert.deepEqual(faults(library, [folder]), []);
});

test("only the CUDA library may need CUDA, and none may need NVIDIA's driver", (t) => {
  const folder = temporaryFolder(t);
  for (const name of ["libtorch_cuda.so", "libcuda.so.1"]) {
    sharedLibrary(folder, name, "", `-Wl,-soname,${name}`);
  }
  const needing = (file: string) =>
    faults(
      sharedLibrary(folder, file, "", "-s", "-Wl,--no-as-needed", "libtorch_cuda.so", "libcuda.so.1"),
      [],
    );
  assert.match(needing("libbert_addon.so").join("\n"), /needs libtorch_cuda\.so.*\n.*needs libcuda\.so\.1/);
  assert.deepEqual(needing("libbert_cuda.so"), [
    "libbert_cuda.so needs libcuda.so.1, which comes neither with Node.js nor with LibTorch",
  ]);
});

test("versions are ordered by their numbers", () => {
  const ordered = ["1.3", "1.3.9", "1.3.11", "2.2.5", "2.4", "2.28"];
  assert.deepEqual([...ordered].reverse().sort(compareVersions), ordered);
});
