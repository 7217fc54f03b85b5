"""Both gradients of BERT-base's linear layers: by cuBLASLt in one product, and by LibTorch in a product and a sum. Exits with 1 if
cuBLASLt served none of a shape, or if any result is wrong.

    python linear_gradients.py libbert_ops.so libbert_cuda.so
"""

import sys

import torch

LAYERS = {"queries, keys and values": (768, 2304), "attention's output": (768, 768), "narrowing": (3072, 768)}
TOKENS = 16384, 4099, 37
TOLERANCE = {torch.bfloat16: 2e-2, torch.float32: 1e-4}  # of the largest number: bfloat16 keeps 8 bits
ROUNDS, CALLS = 5, 20
ops = torch.ops.libbert


def microseconds(call):
    """Of the best of some rounds, after one that does not count."""
    best = float("inf")
    for round_number in range(ROUNDS + 1):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(CALLS):
            call()
        end.record()
        torch.cuda.synchronize()
        if round_number > 0:
            best = min(best, start.elapsed_time(end) / CALLS * 1000)
    return best


def kernels_of(call):
    call()
    torch.cuda.synchronize()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        call()
        torch.cuda.synchronize()
    return [event.name for event in profile.events() if not event.name.startswith(("Mem", "cuda"))]


def measure(name, tokens, width, outputs, dtype):
    """Prints a line. @return whether cuBLASLt served, and was right"""
    grad, x = (torch.randn(tokens, size, device="cuda").to(dtype) for size in (outputs, width))
    before = torch.randn(outputs, width, device="cuda").to(dtype)

    def run(names):
        ops.use_own_kernels(names)
        added = before.clone()
        call = lambda: ops.linear_gradients_(added, grad, x)
        results = [call(), added.clone()]
        return results, kernels_of(call), microseconds(call)

    own, kernels, fast = run(["linear_gradients"])
    theirs, _, plain = run([])
    error = max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(own, theirs, strict=True))
    served = not any("at::native" in kernel for kernel in kernels)  # LibTorch's sum
    passed = served and error <= TOLERANCE[dtype]
    print(f"{'' if passed else 'FAIL '}{name}, {tokens} tokens, {dtype}: {fast:.1f} us, LibTorch's {plain:.1f} us; "
          f"{len(kernels)} kernels, error {error:.1e}", flush=True)
    if not passed:
        print("\n".join(kernels))
    return passed


def main():
    for library in sys.argv[1:]:
        torch.ops.load_library(library)
    passed = [measure(name, tokens, *shape, dtype) for dtype in TOLERANCE for name, shape in LAYERS.items()
              for tokens in TOKENS]
    sys.exit(0 if all(passed) else 1)


main()
