"""NCCL in a group of one, as libbert::add_nccl sets it up: what one GPU can show of it. Exits with 1 if any check failed.

    python nccl.py libbert_ops.so libbert_cuda.so
"""

import ctypes
import sys

import torch
import torch.distributed as dist


def check(name, passed):
    print("ok  " if passed else "FAIL", name)
    return passed


def group_of_one(timeout_ms):
    group = dist.ProcessGroup(dist.HashStore(), 0, 1)
    torch.ops.libbert.add_nccl(group.boxed(), timeout_ms)
    return group


def check_collectives(group, dtype):
    """In a group of one each call gives what it was given."""
    given = torch.arange(1000, device="cuda").to(dtype)
    summed, sent, part, whole = given.clone(), given.clone(), torch.zeros_like(given), torch.zeros_like(given)
    for work in (group.allreduce([summed]), group.broadcast([sent], 0), group._reduce_scatter_base(part, given.clone()),
                 group._allgather_base(whole, given.clone())):
        work.wait()
    for name, received in (("allreduce", summed), ("broadcast", sent), ("reduce_scatter", part), ("allgather", whole)):
        yield check(f"{name} of {dtype}", torch.equal(received, given))


def check_order(group):
    """What is computed after wait() comes after the call, which comes after what was computed before it."""
    x = torch.zeros(1 << 24, device="cuda")
    for _ in range(20):
        x += 1
        group.allreduce([x]).wait()
        x *= 2
    return check("calls keep their place among what is computed", x[-1].item() == sum(2.0**n for n in range(1, 21)))


def check_watchdog():
    """A call that fails must not end the process before libbert has said which rank is lost."""
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    yield check("c10d's watchdog only cleans up", getenv(b"TORCH_NCCL_ASYNC_ERROR_HANDLING") == b"2")
    yield check("c10d's monitor does not end the process", getenv(b"TORCH_NCCL_ENABLE_MONITORING") == b"0")


def main():
    for library in sys.argv[1:]:
        torch.ops.load_library(library)
    group = group_of_one(30_000)
    passed = [result for dtype in (torch.float32, torch.bfloat16) for result in check_collectives(group, dtype)]
    passed.append(check_order(group))
    passed.extend(check_watchdog())
    group.shutdown()
    sys.exit(0 if all(passed) else 1)


main()
