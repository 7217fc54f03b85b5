import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { isOnPath } from "../../lib/runtime/paths.js";
import { hasNvcc } from "../../lib/runtime/tools.js";

const KERNELS = "native/cuda/kernels";
const EMULATOR = "test/native/emulator";
const headers = join(diagnose().search.found!.folder, "include");

test("every CUDA kernel, run by an emulator, computes what the CPU's does, its warps in any order, within its bounds", {
  skip: isOnPath("g++") ? false : "there is no g++",
}, async (t) => {
  const folder = temporaryFolder(t);
  const sources = [...filesIn(KERNELS, ".cu"), ...filesIn(EMULATOR, ".cc")];
  const options = [
    "-std=c++20",
    "-O0",
    "-g1",
    "-ffp-contract=off",
    "-fopenmp-simd",
    "-Wall",
    "-Wextra",
    "-Werror",
  ];
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];
  const objects = await Promise.all(
    sources.map(async (source) => {
      const object = join(folder, `${basename(source)}.o`);
      const include = ["-isystem", headers, "-I", EMULATOR];
      await run("g++", [...options, ...sanitizers, ...include, "-x", "c++", "-c", source, "-o", object]);
      return object;
    }),
  );
  const program = join(folder, "check");
  await run("g++", [...sanitizers, ...objects, "-o", program]);
  const lines = (await run(program, [])).split("\n");
  assert.ok(lines.filter((line) => line.startsWith("ok")).length > 100);
});

/** Registers a thread of each kernel for float32 and bfloat16 may take: more, and fewer blocks would run at once. */
const MOST_REGISTERS: Record<string, number> = {
  LayerNormForwardKernel: 80,
  LayerNormBackwardKernel: 168,
  SumPartialsKernel: 64,
  EmbeddingsForwardKernel: 80,
  SumRunsKernel: 64,
  AddRunsKernel: 64,
  DropoutKernel: 40,
  DropMaskKernel: 40,
  GeluBackwardKernel: 64,
  CrossEntropyForwardKernel: 42,
  CrossEntropyBackwardKernel: 51,
  SumToScalarKernel: 64,
  AdamWKernel: 64,
  SumOfSquaresKernel: 42,
  PieceSumsKernel: 42,
  SegmentSumsKernel: 64,
  AddScaledSegmentsKernel: 42,
};

/** These read partial sums: neighbouring threads read neighbouring elements. */
const WITHOUT_PACKS = [
  "SumPartialsKernel",
  "AddRunsKernel",
  "SumToScalarKernel",
  "SegmentSumsKernel",
  "DropMaskKernel",
];

for (const architecture of ["sm_80", "sm_90"]) {
  test(`on ${architecture} every kernel keeps to its registers, spills none, and moves 16 bytes at once`, {
    skip: hasNvcc() ? false : "there is no nvcc",
  }, async (t) => {
    const compilations = filesIn(KERNELS, ".cu").map((source) =>
      compileFor(architecture, source, temporaryFolder(t)),
    );
    for (const { report, assembly } of await Promise.all(compilations)) {
      const compiled = kernelsIn(report);
      assert.ok(compiled.length > 0);
      for (const kernel of compiled) checkSize(kernel);
      for (const [name, body] of bodiesIn(assembly)) {
        if (WITHOUT_PACKS.includes(name)) continue;
        assert.match(body, /ld\.global\S*\.v[24]\.\w(32|64)/, `${name} reads no packs`);
      }
    }
  });
}

interface Compiled {
  name: string;
  type: string;
  registers: number;
  /** Of a thread's stack, to which registers are spilled, too. */
  bytesInMemory: number;
}

function checkSize({ name, type, registers, bytesInMemory }: Compiled): void {
  const kernel = `${name}<${type}>`;
  assert.equal(bytesInMemory, 0, `${kernel} keeps ${bytesInMemory} bytes in local memory`);
  assert.ok(name in MOST_REGISTERS, `${name} is not in the table`);
  const most = type === "double" ? 255 : MOST_REGISTERS[name]!;
  assert.ok(registers <= most, `${kernel} takes ${registers} registers of ${most}`);
}

async function compileFor(architecture: string, source: string, folder: string) {
  const keep = ["--keep", "--keep-dir", folder, "-Xptxas", "-v", "-cubin", "-o", join(folder, "cubin")];
  const include = ["-isystem", headers, "-I", "native/cuda/gpu"];
  const options = ["-std=c++20", "-O3", "--expt-relaxed-constexpr", `-arch=${architecture}`];
  const report = await run("nvcc", [...options, ...include, ...keep, source]);
  const assembly = readFileSync(join(folder, basename(source).replace(/\.cu$/, ".ptx")), "utf8");
  return { report, assembly };
}

const TYPES: Record<string, string> = { f: "float", d: "double" };

/** `N7libbert22LayerNormForwardKernelIfEE`: a class template and the first letter of its first argument. */
const MANGLED = /runOnGpuINS_\d+([A-Za-z]+Kernel)I?(\w)/;

/** Reads what `ptxas -v` says of each kernel. */
function kernelsIn(report: string): Compiled[] {
  return report
    .split("Compiling entry function ")
    .slice(1)
    .map((text) => {
      const [, name, type] = MANGLED.exec(text)!;
      return {
        name: name!,
        type: TYPES[type!] ?? "bfloat16",
        registers: Number(/Used (\d+) registers/.exec(text)![1]),
        bytesInMemory: Number(/(\d+) bytes stack frame/.exec(text)![1]),
      };
    });
}

function bodiesIn(assembly: string): [string, string][] {
  return assembly
    .split(".visible .entry ")
    .slice(1)
    .map((text) => [MANGLED.exec(text)![1]!, text]);
}

function filesIn(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(extension))
    .map((file) => join(folder, file));
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "libbert-kernels-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Returns what it printed. */
async function run(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0, `${command} ${args.join(" ")}\n${output.slice(-5000)}`);
  return output;
}
