import assert from "node:assert/strict";
import { test } from "node:test";
import { compareWheels, fits, parseWheelName } from "../../../lib/runtime/wheels/wheel-name.js";

const DEBIAN = { processor: "x86_64", glibc: "2.36" };

function fitsOn(here: { processor: string; glibc: string | null }, platform: string): boolean {
  return fits(parseWheelName(`torch-2.13.0-cp312-cp312-${platform}.whl`)!, here);
}

test("name, version, Python and platforms are read from a wheel's name", () => {
  assert.deepEqual(parseWheelName("torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"), {
    name: "torch",
    version: "2.13.0+cpu",
    python: "cp311",
    platforms: ["manylinux_2_28_x86_64"],
  });
  const runtime = parseWheelName(
    "nvidia_cuda_runtime-13.0.96-1-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
  );
  assert.equal(runtime?.name, "nvidia-cuda-runtime");
  assert.deepEqual(runtime?.platforms, ["manylinux2014_x86_64", "manylinux_2_17_x86_64"]);
  assert.equal(parseWheelName("torch-2.13.0.tar.gz"), undefined);
});

test("a wheel fits where its processor and a glibc as new as its own are", () => {
  for (const platform of [
    "any",
    "manylinux_2_28_x86_64",
    "manylinux2014_x86_64",
    "linux_x86_64",
    "win_amd64.any",
  ])
    assert.ok(fitsOn(DEBIAN, platform), platform);
  for (const platform of [
    "manylinux_2_39_x86_64",
    "manylinux_2_28_aarch64",
    "musllinux_1_2_x86_64",
    "win_amd64",
    "macosx_11_0_arm64",
  ])
    assert.ok(!fitsOn(DEBIAN, platform), platform);
  assert.ok(!fitsOn({ processor: "x86_64", glibc: null }, "manylinux_2_28_x86_64"), "on Alpine");
  assert.ok(
    !fitsOn({ processor: "x86_64", glibc: "2.4" }, "manylinux_2_28_x86_64"),
    "by numbers, not by letters",
  );
});

test("the newest version comes last, and of one version the newest Python", () => {
  const ordered = ["torch-2.9.0-cp314", "torch-2.13.0-cp39", "torch-2.13.0-cp310", "torch-2.13.0-cp312"].map(
    (name) => parseWheelName(`${name}-cp3-any.whl`)!,
  );
  assert.deepEqual([...ordered].reverse().sort(compareWheels), ordered);
});
