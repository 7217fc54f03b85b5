import assert from "node:assert/strict";
import { test } from "node:test";
import { compilerBeside, cudaRequirements } from "../../lib/runtime/fetch.js";

// The lines about CUDA in the metadata of torch's CUDA 13 wheels.
const METADATA = `Name: torch
Requires-Dist: filelock
Requires-Dist: cuda-toolkit[cublas,cudart,cufft,cupti,cusolver,cusparse]==13.0.3; platform_system == "Linux"
Requires-Dist: cuda-bindings<14,>=13.0.3; platform_system == "Linux"
Requires-Dist: nvidia-cudnn-cu13==9.20.0.48; platform_system == "Linux"
Requires-Dist: nvidia-cusparselt-cu13==0.8.1; platform_system == "Linux"
Requires-Dist: nvidia-nccl-cu13==2.29.7; platform_system == "Linux"
Requires-Dist: nvidia-nvshmem-cu13==3.4.5; platform_system == "Linux"
`;

test("only the CUDA packages with a needed library are required", () => {
  assert.deepEqual(cudaRequirements(METADATA, ["libc10.so", "libcupti.so.13", "libcudart.so.13"]), [
    "cuda-toolkit[cudart,cupti]==13.0.3",
  ]);
  assert.deepEqual(cudaRequirements(METADATA, ["libcusparseLt.so.0", "libnvshmem_host.so.3"]), [
    "nvidia-cusparselt-cu13==0.8.1",
    "nvidia-nvshmem-cu13==3.4.5",
  ]);
});

test("the wheels whose headers a build for CUDA takes are those of libraries that LibTorch needs", () => {
  const needed = ["libcublas.so.13", "libcusolver.so.12", "libcusparse.so.12", "libnccl.so.2"];
  assert.deepEqual(cudaRequirements(METADATA, needed), [
    "cuda-toolkit[cublas,cusolver,cusparse]==13.0.3",
    "nvidia-nccl-cu13==2.29.7",
  ]);
});

test("the compiler is of the same release as CUDA's libraries", () => {
  assert.deepEqual(compilerBeside("cuda-toolkit[cudart,cupti]==13.0.3"), ["cuda-toolkit[nvcc]==13.0.3"]);
  assert.deepEqual(compilerBeside("nvidia-cudnn-cu13==9.20.0.48"), []);
});

test("a CPU build requires no CUDA package", () => {
  assert.deepEqual(cudaRequirements("Name: torch\nRequires-Dist: filelock\n", ["libc10.so"]), []);
  assert.deepEqual(cudaRequirements(METADATA, ["libc10.so"]), []);
});
