import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuFeatures } from "../../lib/runtime/cpu.js";

test("the instruction sets that decide about speed are read on x86-64 and on 64-bit ARM", () => {
  const epyc = "model name\t: AMD EPYC\nflags\t\t: fpu sse2 avx2 avx512f avx512_bf16\nbugs\t\t: none\n";
  const graviton3 =
    "BogoMIPS\t: 2100.00\nFeatures\t: fp asimd aes sve svebf16 i8mm bf16\nCPU part\t: 0xd40\n";
  assert.deepEqual(cpuFeatures(epyc), ["avx2", "avx512f", "avx512_bf16"]);
  assert.deepEqual(cpuFeatures(graviton3), ["asimd", "sve", "i8mm", "bf16"]);
  assert.deepEqual(cpuFeatures("processor\t: 0\n"), []);
});
