"""What all checks use: the libraries and the device that were asked for, tolerances, inputs, and one line a check."""

import argparse

import torch

parser = argparse.ArgumentParser()
parser.add_argument("libraries", nargs="+")
parser.add_argument("--device", default="cpu")
parser.add_argument("--own-kernels", action="store_true")
parser.add_argument("--only", nargs="+")
arguments = parser.parse_args()
DEVICE = arguments.device
ops = torch.ops.libbert
# The CPU's kernels do every row and every sequence by itself, so its result is the same bits in any batch. Products of
# LibTorch's are not promised that.
OWN_KERNELS = len(arguments.libraries) == 1
# A kernel for GPUs that meets an id beyond its table ends the GPU's work, and in the emulator the process.
REFUSES_IDS = DEVICE == "cpu" and not any("emulated" in library for library in arguments.libraries)

FLOAT, BFLOAT, DOUBLE = torch.float32, torch.bfloat16, torch.float64
# Allowed error relative to the largest reference value. bfloat16 keeps 8 bits (4e-3 between neighbours) and rounds
# results, and what is saved for the backward pass, once each; float32 sums some hundred products; float64 only has to
# show that the formula is the same.
TOLERANCE = {FLOAT: 3e-6, BFLOAT: 2e-2, DOUBLE: 1e-12}
failures = 0


def check(name, passed, detail=""):
    global failures
    failures += not passed
    print("ok  " if passed else "FAIL", name, detail)


def error(actual, expected):
    difference = (actual.double().cpu() - expected.cpu()).abs().max().item() if expected.numel() else 0.0
    return difference / max(1.0, expected.abs().max().item() if expected.numel() else 1.0)


def same(actual, expected):
    """Whether a computation in another batch gave the same: the same bits, or what rounding of float32 leaves."""
    return torch.equal(actual, expected) if OWN_KERNELS else error(actual, expected.double()) <= TOLERANCE[FLOAT]


def check_close(name, actual, expected, dtype):
    worst = max(error(a, e) for a, e in zip(actual, expected, strict=True))
    types_kept = all(a.dtype == dtype for a in actual)
    check(name, types_kept and worst <= TOLERANCE[dtype], f"error {worst:.1e}")


def check_refused(name, message, call):
    try:
        call()
    except (RuntimeError, IndexError) as exception:
        check(name, message in str(exception), str(exception).split("\n")[0])
    else:
        check(name, False, "was accepted")


def values(*shape, dtype=DOUBLE, grad=True):
    return torch.randn(*shape, dtype=DOUBLE).to(DEVICE, dtype).requires_grad_(grad)


def on_device(scalar):
    return torch.tensor(scalar, device=DEVICE)


def key(number):
    """What a dropout mask is drawn from, where it is drawn."""
    return torch.tensor(number, device=DEVICE)


def attend(qkv, cu_seqlens, longest, heads, p, number, ids, causal):
    """varlen_attention, whose dropout is a function of the number whichever kernel draws it."""
    if p == 0:
        return ops.varlen_attention(qkv, cu_seqlens, longest, heads, 0.0, None, None, ids, causal)
    generator = None if DEVICE == "cpu" else torch.Generator(DEVICE).manual_seed(number)
    return ops.varlen_attention(qkv, cu_seqlens, longest, heads, p, key(number), generator, ids, causal)


def as_double(*tensors):
    return [t.detach().double().requires_grad_(t.requires_grad) for t in tensors]


def with_gradients(function, inputs, seed=0):
    """The outputs of function and the gradients of its inputs for a fixed random output gradient."""
    output = function(*inputs)
    generator = torch.Generator().manual_seed(seed)
    grad = torch.randn(output.shape, generator=generator, dtype=DOUBLE).to(BFLOAT).to(output)
    return [output.detach(), *torch.autograd.grad(output, inputs, grad)]


def gradcheck(name, function, inputs):
    try:
        check(name, torch.autograd.gradcheck(function, inputs))
    except RuntimeError as exception:
        check(name, False, str(exception))


def row_ids(count):
    """Ids as a data set's would be: not in order, some beyond 32 bits."""
    return (torch.randperm(count) * 1_000_003 + (torch.arange(count) % 3 << 33)).to(DEVICE)


def offsets(lengths):
    return torch.tensor([0, *lengths]).cumsum(0).int()
