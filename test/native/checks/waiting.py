"""No step waits for the GPU: attention neither reads from it nor sends it what is not pinned."""

import torch

from checks.attention import EQUAL_LENGTHS, LENGTHS
from checks.checking import BFLOAT, DEVICE, FLOAT, check, key, offsets, ops, values


def check_no_waiting():
    for lengths, dtype, p in ((LENGTHS, BFLOAT, 0.1), (EQUAL_LENGTHS, BFLOAT, 0.0), (LENGTHS, FLOAT, 0.0),
                              (LENGTHS, FLOAT, 0.1)):
        qkv = values(sum(lengths), 3 * 2 * 64, dtype=dtype)
        for place in ("cpu", DEVICE):
            cu_seqlens = offsets(lengths).to(place)
            name = f"varlen_attention of {lengths} {dtype} p {p} with offsets on {place}"
            copies, waits = copies_and_waits(qkv, cu_seqlens, max(lengths), p)
            check(f"{name} never waits", waits is None, waits or "")
            check(f"{name} sends nothing from pageable memory", not any("Pageable" in copy for copy in copies))
            if place == DEVICE:
                check(f"{name} sends nothing", not copies, ", ".join(copies))


def copies_and_waits(qkv, cu_seqlens, longest, p):
    """The copies to the GPU of a forward and backward pass, and what it waited for, if it did."""

    number, generator = key(5), torch.Generator(DEVICE).manual_seed(5)

    def run():
        ops.varlen_attention(qkv, cu_seqlens, longest, 2, p, number, generator, None, False).sum().backward()

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
