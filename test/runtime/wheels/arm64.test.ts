import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { CUDA_VERSIONS, fetchLibTorch } from "../../../lib/runtime/fetch.js";
import { variantName } from "../../../lib/runtime/variant.js";
import { sharedLibrary } from "../../packaging/shared-library.js";
import { setEnvironment, temporaryFolder } from "../fakes.js";
import { startIndex } from "./index-server.js";
import { type MadeWheel, makeWheel } from "./make-wheel.js";

/** A machine with a 64-bit ARM processor and without Python, whose index has these wheels. @returns what it is asked for */
async function armMachine(t: TestContext, wheels: MadeWheel[]): Promise<string[]> {
  const { arch } = process;
  Object.defineProperty(process, "arch", { value: "arm64" });
  t.after(() => Object.defineProperty(process, "arch", { value: arch }));
  const { url, requests } = await startIndex(t, wheels);
  setEnvironment(t, {
    ...{ LIBBERT_CACHE: temporaryFolder(t), LIBBERT_PYTHON: "/nowhere/python" },
    ...{ PIP_INDEX_URL: url, PIP_EXTRA_INDEX_URL: undefined, PIP_NO_INDEX: undefined },
  });
  return requests;
}

/** The members of a CUDA build of torch whose library needs libcudart.so.13. */
function cudaBuild(t: TestContext) {
  const folder = temporaryFolder(t);
  sharedLibrary(folder, "libcudart.so.13", "", "-Wl,-soname,libcudart.so.13");
  const library = sharedLibrary(folder, "libtorch_cpu.so", "", "-Wl,--no-as-needed", "libcudart.so.13");
  return {
    "torch/version.py": "__version__ = '2.13.0+cu130'\ncuda: Optional[str] = '13.0'\n",
    "torch/lib/libtorch_cpu.so": readFileSync(library),
    "torch/include/ATen/ATen.h": "",
    "torch-2.13.0.dist-info/METADATA": "Requires-Dist: cuda-toolkit[cudart]==13.0.3\n",
  };
}

test("on 64-bit ARM, setup takes the wheels that are for it, of torch and of what its CUDA build needs", async (t) => {
  const torch = cudaBuild(t);
  const runtime = { "nvidia_cuda_runtime-13.0.96.dist-info/METADATA": "Name: nvidia-cuda-runtime\n" };
  const requires =
    "Requires-Dist: nvidia-cuda-runtime==13.0.96; platform_machine == 'aarch64' and extra == 'cudart'\n" +
    "Requires-Dist: nvidia-for-intel; platform_machine == 'x86_64' and extra == 'cudart'\n";
  const requests = await armMachine(t, [
    makeWheel("torch-2.13.0-cp314-cp314-manylinux_2_17_x86_64.whl", torch),
    makeWheel("torch-2.13.0-cp312-cp312-manylinux_2_17_aarch64.whl", torch),
    makeWheel("cuda_toolkit-13.0.3-py3-none-any.whl", { "cuda_toolkit-13.0.3.dist-info/METADATA": requires }),
    makeWheel("nvidia_cuda_runtime-13.0.96-py3-none-manylinux_2_17_x86_64.whl", runtime),
    makeWheel("nvidia_cuda_runtime-13.0.96-py3-none-manylinux_2_17_aarch64.whl", runtime),
  ]);
  assert.equal(variantName(await fetchLibTorch(() => {})), "torch2.13-cu130");
  assert.deepEqual(
    requests.flatMap((path) => /^\/files\/(.*)$/.exec(path)?.[1] ?? []),
    [
      "torch-2.13.0-cp312-cp312-manylinux_2_17_aarch64.whl",
      "cuda_toolkit-13.0.3-py3-none-any.whl",
      "nvidia_cuda_runtime-13.0.96-py3-none-manylinux_2_17_aarch64.whl",
    ],
  );
});

test("on 64-bit ARM, an index that has torch for other processors alone is refused in a sentence", async (t) => {
  await armMachine(t, [makeWheel("torch-2.13.0-cp312-cp312-manylinux_2_17_x86_64.whl", {})]);
  await assert.rejects(
    fetchLibTorch(() => {}, CUDA_VERSIONS),
    {
      code: "ERR_RUNTIME",
      message:
        /^Expected a wheel of torch=+2\.13\.0 for aarch64 with .* but received only manylinux_2_17_x86_64$/,
    },
  );
});
