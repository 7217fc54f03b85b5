import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRequirement, requirementsOf } from "../../../lib/runtime/wheels/requirement.js";

const HERE = { x64: "x86_64", arm64: "aarch64" }[process.arch as string];

// Lines as in the metadata of cuda-toolkit 13.0.3 and of nvidia-cuda-nvcc.
const METADATA = `Name: cuda-toolkit
Requires-Dist: nvidia-cuda-crt
Provides-Extra: cudart
Requires-Dist: nvidia-cuda-runtime==13.0.96.*; (sys_platform == 'linux' and platform_machine == 'aarch64' or sys_platform == 'linux' and platform_machine == 'x86_64' or sys_platform == 'win32' and platform_machine == 'AMD64') and extra == 'cudart'
Requires-Dist: nvidia-nvjitlink<14,>=13.0.88; (sys_platform == 'linux') and extra == 'cusparse'
Requires-Dist: elsewhere==1; sys_platform == 'win32' or (platform_machine == 'ppc64le' and extra == 'cudart')
Requires-Dist: typing.Extensions (>=4.10.0) ; python_version < "3.11" and platform_machine == "${HERE}"
`;

test("requirements are those whose markers hold on this machine, with the extras asked for", () => {
  const always = [
    { name: "nvidia-cuda-crt", extras: [], specifier: "" },
    { name: "typing-extensions", extras: [], specifier: ">=4.10.0" },
  ];
  assert.deepEqual(requirementsOf(METADATA, []), always);
  assert.deepEqual(requirementsOf(METADATA, ["cudart", "cusparse"]), [
    always[0],
    { name: "nvidia-cuda-runtime", extras: [], specifier: "==13.0.96.*" },
    { name: "nvidia-nvjitlink", extras: [], specifier: "<14,>=13.0.88" },
    always[1],
  ]);
});

test("a requirement has a name, extras and versions", () => {
  assert.deepEqual(parseRequirement("Cuda_Toolkit[cudart,cupti]==13.0.3"), {
    name: "cuda-toolkit",
    extras: ["cudart", "cupti"],
    specifier: "==13.0.3",
  });
  assert.deepEqual(parseRequirement("torch===2.13.0"), { name: "torch", extras: [], specifier: "===2.13.0" });
  assert.throws(() => parseRequirement("torch @ https://nowhere/torch.whl"), {
    name: "LibbertError",
    code: "ERR_RUNTIME",
    message: /received "torch @ https/,
  });
});
