"""What the GPU reaches at best: products of matrices, and copies. A row each."""

import time

import torch

ROUNDS = 5


def best_seconds(call):
    """Of some rounds, after one that does not count."""
    seconds = []
    for _ in range(ROUNDS + 1):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(10):
            call()
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - start) / 10)
    return min(seconds[1:])


def main():
    side = 8192
    for dtype in (torch.bfloat16, torch.float32):
        x = torch.randn(side, side, device="cuda", dtype=dtype)
        print(f"products in {dtype}: {2 * side ** 3 / best_seconds(lambda: x @ x) / 1e12:.0f} TFLOP/s", flush=True)
    source = torch.empty(1 << 28, dtype=torch.float32, device="cuda")  # 1 GiB
    target = torch.empty_like(source)
    moved = 2 * source.nbytes  # read and written
    print(f"copies on the GPU: {moved / best_seconds(lambda: target.copy_(source)) / 1e12:.2f} TB/s", flush=True)
    pinned = torch.empty(1 << 26, dtype=torch.float32).pin_memory()
    upload = best_seconds(lambda: target[: 1 << 26].copy_(pinned, non_blocking=True))
    print(f"copies to the GPU, from pinned memory: {pinned.nbytes / upload / 1e9:.1f} GB/s")


main()
