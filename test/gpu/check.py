"""Turns a few minutes of a GPU into facts, in three stages that leave their results in bench/results: `npm run gpu:check`.

    python test/gpu/check.py operators    at most 4 minutes: rates, every operator in a process of its own, 20 updates
    python test/gpu/check.py speed        at most 5 minutes: tokens a second beside transformers, and where the time goes
    python test/gpu/check.py training     at most 8 minutes: models' tests, losses beside transformers', NCCL; varlen cuDNN last

Needs a GPU, and a Python with torch and CUDA 13. Node.js, the native libraries and the benchmarks' data come from the archive that
`npm run gpu:pack` made (runs/gpu-pack.tar.xz), where there is one; otherwise Node.js is to be on the PATH, and the libraries are built
here, which takes nvcc, cmake and g++.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from steps import Stage, Step

ROOT = Path(__file__).resolve().parents[2]
PACK, UNPACKED = ROOT / "runs" / "gpu-pack.tar.xz", ROOT / "runs" / "gpu-pack"
CHECKS = ROOT / "test" / "native" / "check_ops.py"
OPERATORS = ["linear", "dropout", "embeddings", "layer_norm", "attention", "cross_entropy", "optimizer", "modes", "waiting"]
SANITIZED = ["dropout", "embeddings", "layer_norm", "cross_entropy", "optimizer", "linear"]

MODELS = ["tiny-bert", "minilm", "pretraining", "masked-lm", "multiple-choice", "question-answering",
          "token-classification"]
TENSORS = ["tensor/random", "tensor/deterministic", "distributed/one-rank"]
TRAINING = ["train/graphs-of-updates", "train/reference-curves", "train/pretraining-curves", "train/leaks", "pre-training/leaks",
            "fine-tuning/run"]
SESSIONS = ["fine-tune", "pretrain", "regression", "multi-label", "multiple-choice", "question-answering",
            "token-classification", "masked-words", "features"]
TESTS = [*TENSORS, *(f"models/{name}" for name in MODELS), *TRAINING, *(f"session/{name}" for name in SESSIONS)]


def refuse(received):
    sys.exit(f"Expected a GPU that torch can use for gpu:check but received {received}")


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
    return torch


class Machine:
    """Where everything lies on this machine, once it is unpacked and built."""

    def __init__(self, torch):
        self.libtorch = Path(torch.__file__).parent
        os.environ["LIBTORCH"] = str(self.libtorch)  # for every step: not what another Python has
        self.gpu = torch.cuda.get_device_name()
        version, flavour = torch.__version__.partition("+")[0], "cu" + torch.version.cuda.replace(".", "")
        self.root = self.unpack() or ROOT
        variant = self.root / "variants" / f"torch{version.rpartition('.')[0]}-{flavour}"
        packed = self.root / "node"
        self.node = packed if packed.exists() else shutil.which("node")
        self.libraries = variant / "build" / "Release"
        if not (self.libraries / "libbert_cuda.so").exists():
            self.build()

    def unpack(self):
        if not PACK.exists():
            return None
        shutil.unpack_archive(PACK, UNPACKED)
        (UNPACKED / "node").chmod(0o755)
        for folder in ("test", "package.json"):  # what the tests read beside the compiled files
            link = UNPACKED / folder
            if not link.exists():
                link.symlink_to(ROOT / folder)
        return UNPACKED

    def build(self):
        if self.node is None:
            sys.exit("Expected Node.js on the PATH or runs/gpu-pack.tar.xz (npm run gpu:pack) but received neither")
        subprocess.run(self.libbert("setup", "--cuda", "--libtorch", self.libtorch), cwd=self.root, check=True)

    def libbert(self, *words):
        return [self.node, self.root / "dist" / "lib" / "cli" / "main.js", *words]

    def bench(self, *words):
        data = UNPACKED / "data" if (UNPACKED / "data").exists() else ROOT.parent / "shared" / "data"
        return [self.node, self.root / "dist" / "bench" / "gpu.js", "--data", data, *words]

    def native(self):
        return [self.libraries / name for name in ("libbert_ops.so", "libbert_cuda.so")]

    def checks(self, *words):
        return [sys.executable, CHECKS, *self.native(), "--device", "cuda", *words]


def operators(stage, machine):
    stage.run(Step("rates", [sys.executable, ROOT / "test" / "gpu" / "rates.py"], 40),
              Step("gradients of linear layers", [sys.executable, ROOT / "test" / "gpu" / "linear_gradients.py",
                                                  *machine.native()], 60),
              Step("20 updates", machine.bench("--sizes", "base", "--trainings", "up-to-128", "--steps", "20",
                                               "--curve-steps", "0"), 60))
    kinds = [("LibTorch's kernels", []), ("own kernels", ["--own-kernels"])]
    stage.run(*(Step(f"{name}, {kind}", machine.checks("--only", name, *words), 60)
                for name in OPERATORS for kind, words in kinds), at_once=4)
    sanitizer = shutil.which("compute-sanitizer") or shutil.which("/usr/local/cuda/bin/compute-sanitizer")
    if sanitizer is None:
        print("not run: own kernels under compute-sanitizer, which this machine lacks", flush=True)
        return
    for tool in ("memcheck", "racecheck"):
        stage.run(*(Step(f"{name} under {tool}", [sanitizer, "--tool", tool, "--error-exitcode", "9",
                                                  *machine.checks("--only", name, "--own-kernels")], 60)
                    for name in SANITIZED), at_once=4)


def speed(stage, machine):
    python = ["--python", sys.executable, "--curve-steps", "0"]
    for size, training in (("base", "sst2"), ("base", "up-to-128"), ("base", "full-512"), ("large", "up-to-512")):
        stage.run(Step(f"BERT-{size}, {training}", machine.bench("--sizes", size, "--trainings", training, *python), 90))
    # The shapes of small batches are captured among the first 200.
    small = machine.bench("--sizes", "base", "--trainings", "sst2-by-8", "--steps", "200", "--curve-steps", "0")
    stage.run(Step("BERT-base, sst2-by-8", small, 30),
              Step("BERT-base, sst2-by-8, without graphs", small, 30, {"LIBBERT_CUDA_GRAPHS": "off"}))


def training(stage, machine):
    environment = {"LIBBERT_TEST_DEVICE": "cuda:0"}
    tests = [machine.root / "dist" / "test" / f"{name}.test.js" for name in TESTS]
    cuda = machine.checks("--only", "attention")
    nccl = [sys.executable, ROOT / "test" / "gpu" / "nccl.py", *cuda[2:4]]
    stage.run(Step("models, training and every task", [machine.node, "--test", *tests], 180, environment),
              Step("NCCL in a group of one", nccl, 30),
              Step("losses of 200 updates", machine.bench("--sizes", "base", "--trainings", "sst2", "--steps", "4",
                                                          "--python", sys.executable), 150))
    # The last may write out of bounds: native/cuda/fused_attention.h.
    for backend in ("flash", "composition", "cudnn"):
        stage.run(Step(f"attention by {backend}", cuda, 60, {"LIBBERT_CUDA_ATTENTION": backend}))


STAGES = {"operators": (operators, 240), "speed": (speed, 300), "training": (training, 480)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stages", nargs="*", help=", ".join(STAGES))
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    arguments = parser.parse_args()
    for name in arguments.stages:
        if name not in STAGES:
            parser.error(f"Expected {', '.join(STAGES)} for stages but received {name}")
    torch = require_gpu()
    machine = Machine(torch)
    arguments.results.mkdir(parents=True, exist_ok=True)
    passed = True
    for name in arguments.stages or STAGES:
        run, seconds = STAGES[name]
        report = arguments.results / f"{machine.gpu.replace(' ', '-').lower()}-{name}.md"
        stage = Stage(report, seconds)
        print(f"\n{name}: torch {torch.__version__}, {machine.gpu}, {time.strftime('%Y-%m-%d %H:%M')}", flush=True)
        run(stage, machine)
        passed &= stage.passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
