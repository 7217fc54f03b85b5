"""Builds the operators for the torch of this Python and checks them on its GPU: `npm run test:gpu`.

    python test/native/gpu.py

Needs a GPU, torch with CUDA 13, nvcc, cmake and g++. The operators are checked with LibTorch's kernels and with libbert's
own, and every implementation of attention is forced once, varlen cuDNN last. Then NCCL, in a group of one. Where there is Node.js, and libbert is compiled (npm ci, npm run compile), models and
training follow: transformers' values and gradients, PyTorch's curves, memory, and each task from rows to predictions.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ROOT / "test" / "native" / "check_ops.py"
NCCL = ROOT / "test" / "native" / "nccl.py"
ATTENTION = ["flash", "composition", "cudnn"]  # the last may write out of bounds: native/cuda/fused_attention.h

MODELS = ["tiny-bert", "minilm", "pretraining", "masked-lm", "multiple-choice", "question-answering",
          "token-classification"]
TENSORS = ["tensor/random", "tensor/deterministic", "distributed/one-rank"]
TRAINING = ["train/reference-curves", "train/pretraining-curves", "train/leaks", "pre-training/leaks",
            "fine-tuning/run"]
SESSIONS = ["fine-tune", "pretrain", "regression", "multi-label", "multiple-choice", "question-answering",
            "token-classification", "masked-words", "features"]
TESTS = [*TENSORS, *(f"models/{name}" for name in MODELS), *TRAINING, *(f"session/{name}" for name in SESSIONS)]


def refuse(received):
    sys.exit(f"Expected a GPU that torch can use for test:gpu but received {received}")


def require_gpu():
    try:
        import torch
    except ImportError:
        refuse(f"a Python without torch ({sys.executable}); LIBBERT_REFERENCE_PYTHON names another")
    if torch.version.cuda is None:
        refuse(f"torch {torch.__version__}, which is built without CUDA")
    if not torch.cuda.is_available():
        refuse(f"torch {torch.__version__} on a machine without one, or without its driver")
    major, minor = torch.cuda.get_device_capability()
    if major < 8:
        refuse(f"{torch.cuda.get_device_name()} of compute capability {major}.{minor}; 8.0 or newer is needed")
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}", flush=True)
    return torch


def build(torch):
    """Builds in variants/, as setup does. Returns the build's folder."""
    version, flavour = torch.__version__.partition("+")[0], "cu" + torch.version.cuda.replace(".", "")
    folder = ROOT / "variants" / f"torch{version.rpartition('.')[0]}-{flavour}" / "build" / "operators"
    libtorch = Path(torch.__file__).parent
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, f"-DLIBTORCH={libtorch}", "-DLIBBERT_OPS_ONLY=ON"], check=True)
    subprocess.run(["cmake", "--build", folder, "--parallel"], check=True)
    subprocess.run(["cmake", "--build", folder, "--target", "libbert_compositions"], check=True)
    return folder


def run_checks(title, arguments, environment={}):
    """Whether every check passed."""
    print(f"\n{title}", flush=True)
    return run_script([CHECKS, *arguments], environment)


def run_nccl(libraries):
    print("\nNCCL in a group of one", flush=True)
    return run_script([NCCL, *libraries], {})


def run_script(arguments, environment):
    """Whether every check of a Python script passed; those that failed are printed."""
    command = [sys.executable, *arguments]
    child = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    lines = child.stdout.splitlines()
    print("\n".join(line for line in lines if line.startswith("FAIL")))
    print(f"{sum(line.startswith('ok') for line in lines)} checks passed", flush=True)
    if child.returncode != 0:
        print(child.stderr[-3000:], flush=True)
    return child.returncode == 0


def run_tests(torch):
    """Whether the tests of models and training passed; None where they cannot be run."""
    node, main = shutil.which("node"), ROOT / "dist" / "lib" / "cli" / "main.js"
    if node is None or not main.exists():
        print("\nModels and training: not run, because there is no Node.js or dist/ (npm ci, npm run compile)")
        return None
    print("\nModels and training", flush=True)
    libtorch = Path(torch.__file__).parent
    subprocess.run([node, main, "setup", "--cuda", "--libtorch", libtorch], cwd=ROOT, check=True)
    tests = [ROOT / "dist" / "test" / f"{name}.test.js" for name in TESTS]
    environment = {**os.environ, "LIBBERT_TEST_DEVICE": "cuda:0"}
    return subprocess.run([node, "--test", *tests], cwd=ROOT, env=environment).returncode == 0


def main():
    torch = require_gpu()
    folder = build(torch)
    ops, cuda = folder / "Release" / "libbert_ops.so", folder / "Release" / "libbert_cuda.so"
    compositions = folder / "test" / "libbert_compositions.so"
    if not cuda.exists():
        sys.exit(f"Expected libbert_cuda.so in {folder} but received none: CMake's messages say why")
    on_gpu = [ops, cuda, "--device", "cuda"]
    passed = [run_checks("CPU: the kernels", [ops]),
              run_checks("CPU: the compositions", [ops, compositions]),
              run_checks("GPU: LibTorch's kernels", on_gpu),
              run_checks("GPU: libbert's own kernels", [*on_gpu, "--own-kernels"])]
    for backend in ATTENTION:
        passed.append(run_checks(f"GPU: attention by {backend}", on_gpu, {"LIBBERT_CUDA_ATTENTION": backend}))
    passed.append(run_nccl([ops, cuda]))
    if run_tests(torch) is False:
        passed.append(False)
    sys.exit(0 if all(passed) else 1)


main()
