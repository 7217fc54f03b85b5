"""No step waits for the GPU: attention and the gradients of linear layers neither read from it nor send it what is not pinned."""

import torch

from checks.attention import EQUAL_LENGTHS, LENGTHS
from checks.checking import BFLOAT, DEVICE, FLOAT, check, key, offsets, ops, values


def check_no_waiting():
    check_attention_never_waits()
    check_linear_gradients_never_wait()


def check_linear_gradients_never_wait():
    for dtype in (BFLOAT, FLOAT):
        shapes = (768, 768), (301, 768), (301, 768)
        weight_gradient, grad, x = (values(*shape, dtype=dtype, grad=False) for shape in shapes)
        copies, waits = copies_and_waits(lambda: ops.linear_gradients_(weight_gradient, grad, x))
        check(f"linear_gradients_ {dtype} never waits", waits is None, waits or "")
        check(f"linear_gradients_ {dtype} sends nothing", not copies, ", ".join(copies))


def check_attention_never_waits():
    for lengths, dtype, p in ((LENGTHS, BFLOAT, 0.1), (EQUAL_LENGTHS, BFLOAT, 0.0), (LENGTHS, FLOAT, 0.0),
                              (LENGTHS, FLOAT, 0.1)):
        qkv = values(sum(lengths), 3 * 2 * 64, dtype=dtype)
        for place in ("cpu", DEVICE):
            cu_seqlens = offsets(lengths).to(place)
            name = f"varlen_attention of {lengths} {dtype} p {p} with offsets on {place}"
            copies, waits = copies_and_waits(attention(qkv, cu_seqlens, max(lengths), p))
            check(f"{name} never waits", waits is None, waits or "")
            check(f"{name} sends nothing from pageable memory", not any("Pageable" in copy for copy in copies))
            if place == DEVICE:
                check(f"{name} sends nothing", not copies, ", ".join(copies))


def attention(qkv, cu_seqlens, longest, p):
    """A forward and a backward pass."""
    number, generator = key(5), torch.Generator(DEVICE).manual_seed(5)
    attend = lambda: ops.varlen_attention(qkv, cu_seqlens, longest, 2, p, number, generator, None, False)
    return lambda: attend().sum().backward()


def copies_and_waits(run):
    """The copies to the GPU that a call makes, and what it waited for, if it did."""
    run()  # compiles and allocates
    torch.cuda.synchronize()
    waits = None
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        torch.cuda.set_sync_debug_mode("error")
        try:
            run()
        except RuntimeError as exception:
            waits = str(exception).split("\n")[0]
        finally:
            torch.cuda.set_sync_debug_mode("default")
        torch.cuda.synchronize()
    return [event.name for event in profile.events() if event.name.startswith("Memcpy HtoD")], waits
