"""AdamW and the norm of the gradient."""

import math
from itertools import product

import torch

from checks.checking import (
    BFLOAT, DEVICE, DOUBLE, FLOAT, OWN_KERNELS, TOLERANCE, check, check_close, check_refused, on_device, ops, values,
)


def rates(learning_rate, correction1=1.0, correction2=1.0):
    return torch.tensor([learning_rate, correction1, correction2], dtype=DOUBLE, device=DEVICE)


def check_adamw():
    size, steps = 10_001, 5
    options = dict(lr=1e-2, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
    for weight_dtype, grad_dtype in product((FLOAT, BFLOAT), (FLOAT, BFLOAT)):
        master = values(size, dtype=FLOAT, grad=False)
        weight = master if weight_dtype == FLOAT else master.bfloat16()
        mean, square = torch.zeros_like(master), torch.zeros_like(master)
        reference = torch.nn.Parameter(master.double())
        optimizer = torch.optim.AdamW([reference], **options)
        for step in range(1, steps + 1):
            grad = (values(size, grad=False) * 3).to(grad_dtype)
            reference.grad = grad.double() * 0.25
            optimizer.step()
            corrections = 1 - 0.9**step, 1 - 0.98**step
            ops.adamw_(master, weight, grad, mean, square, rates(4e-2, *corrections), 0.25, 0.9, 0.98, 1e-6, 0.1,
                       on_device(0.25), False)
        state = optimizer.state[reference]
        check_close(f"adamw_ weight {weight_dtype} grad {grad_dtype}", [master, mean, square],
                    [reference.detach(), state["exp_avg"], state["exp_avg_sq"]], FLOAT)
        check(f"adamw_ rounds master into weight {weight_dtype} grad {grad_dtype}",
              torch.equal(weight, master.to(weight_dtype)))

    master, mean, square = (values(100, dtype=FLOAT, grad=False).abs() for _ in range(3))
    grad = values(100, dtype=FLOAT, grad=False)
    next_mean, next_square = 0.9 * mean.double() + 0.1 * grad, 0.999 * square.double() + 0.001 * grad.double() ** 2
    update = next_mean / (next_square.sqrt() + 1e-6) + 0.01 * master.double()
    expected = master.double() - 2e-5 * update
    ops.adamw_(master, master, grad, mean, square, rates(2e-5), 1.0, 0.9, 0.999, 1e-6, 0.01, on_device(1.0), False)
    check_close("adamw_ without bias correction, as BERT's", [master, mean, square],
                [expected, next_mean, next_square], FLOAT)
    check_refused("adamw_ refuses a short gradient", "for grad but received",
                  lambda: ops.adamw_(master, master, grad[1:], mean, square, rates(1.0), 1.0, 0.9, 0.999, 1e-6, 0.0,
                                     on_device(1.0), False))
    check_refused("adamw_ refuses rates without bias corrections", "for rates but received",
                  lambda: ops.adamw_(master, master, grad, mean, square, rates(1.0)[:1], 1.0, 0.9, 0.999, 1e-6, 0.0,
                                     on_device(1.0), False))
    if DEVICE == "cpu":
        check_refused("adamw_ refuses a bias correction of 0", "positive bias corrections in rates but received",
                      lambda: ops.adamw_(master, master, grad, mean, square, rates(1.0, 0.0), 1.0, 0.9, 0.999, 1e-6, 0.0,
                                         on_device(1.0), False))
    check_refused("adamw_ refuses a vector of scales", "for grad_scale but received",
                  lambda: ops.adamw_(master, master, grad, mean, square, rates(1.0), 1.0, 0.9, 0.999, 1e-6, 0.0,
                                     torch.ones(1), False))
    if OWN_KERNELS:
        check_adamw_forgets()
    check_adamw_without_gradient()
    check_adamw_zeroes(master, grad, mean, square)
    check_adamw_guard(master, grad, mean, square)


def check_adamw_zeroes(master, grad, mean, square):
    """With zero_grad the update is the same, and the gradient zeros, also where nothing was updated."""
    for dtype, scale in product((FLOAT, BFLOAT), (0.5, math.nan)):
        states = [[t.clone() for t in (master, grad.to(dtype), mean, square)] for _ in range(2)]
        for own, zero_grad in zip(states, (False, True)):
            own_master, own_grad, own_mean, own_square = own
            ops.adamw_(own_master, own_master, own_grad, own_mean, own_square, rates(1e-2), 1.0, 0.9, 0.999, 1e-6, 0.1,
                       on_device(scale), zero_grad)
        same = all(torch.equal(states[0][part], states[1][part]) for part in (0, 2, 3))
        kept, zeroed = torch.equal(states[0][1], grad.to(dtype)), not states[1][1].any()
        check(f"adamw_ zeroes the gradient where it is asked to, {dtype}, scale {scale}", same and kept and zeroed)


def check_adamw_without_gradient(size=1000, grown=range(200, 330)):
    """Weights that have had no gradient, as those of most words, decay or stay as they are; moments of others go on."""
    for decay, weight_dtype in product((0.0, 0.1), (FLOAT, BFLOAT)):
        master, (mean, square) = values(size, dtype=FLOAT, grad=False), torch.zeros(2, size, device=DEVICE)
        weight, before = master if weight_dtype == FLOAT else master.bfloat16(), master.clone()
        reference = torch.nn.Parameter(master.double())
        optimizer = torch.optim.AdamW([reference], lr=1e-2, weight_decay=decay)
        for step in range(1, 4):
            grad = torch.zeros(size, device=DEVICE)
            if step == 1:
                grad[grown.start : grown.stop] = 1.0
            reference.grad = grad.double()
            optimizer.step()
            corrections = 1 - 0.9**step, 1 - 0.999**step
            ops.adamw_(master, weight, grad, mean, square, rates(1e-2, *corrections), 1.0, 0.9, 0.999, 1e-8, decay,
                       on_device(1.0), True)
        state = optimizer.state[reference]
        name = f"adamw_ without gradient, decay {decay}, weight {weight_dtype}"
        check_close(name, [master, mean, square], [reference.detach(), state["exp_avg"], state["exp_avg_sq"]], FLOAT)
        check(f"{name}, rounds master", torch.equal(weight, master.to(weight_dtype)))
        if decay == 0:
            check(f"{name}, stays", torch.equal(master[: grown.start], before[: grown.start]))


def check_adamw_forgets(size=1000):
    """Without gradients both moments end at zero; rounding would hold them at the smallest numbers below the normal range."""
    master, mean, square = (torch.full((size,), value) for value in (1.0, 1e-35, 1e-35))
    grad = torch.zeros(size)
    for _ in range(200):
        ops.adamw_(master, master, grad, mean, square, rates(1e-3), 1.0, 0.9, 0.9, 1e-8, 0.0, on_device(1.0), False)
    check("adamw_ forgets gradients of long ago", not mean.any() and not square.any())


def check_adamw_guard(master, grad, mean, square):
    """A scale that is not finite leaves everything as it is, whatever the gradient holds."""
    spoilt = torch.full_like(grad, math.nan)
    for scale in (math.nan, math.inf, -math.inf):
        weight = master.bfloat16()
        before = [t.clone() for t in (master, weight, mean, square)]
        ops.adamw_(master, weight, spoilt, mean, square, rates(1.0), 1.0, 0.9, 0.999, 1e-6, 0.1, on_device(scale), False)
        unchanged = all(torch.equal(*pair) for pair in zip(before, (master, weight, mean, square)))
        check(f"adamw_ with a scale of {scale} changes nothing", unchanged)


def check_sum_of_squares():
    for size, dtype in product((0, 1, 8192, 100_003), TOLERANCE):
        flat = values(size, dtype=dtype, grad=False)
        actual, expected = ops.sum_of_squares(flat), flat.double().square().sum()
        # Both sum in float64, in different orders.
        close = abs(actual.item() - expected.item()) <= 1e-12 * expected.item()
        check(f"sum_of_squares of {size} {dtype}", close and actual.dtype == DOUBLE and actual.shape == ())
    flat = values((1 << 24) + 5, dtype=FLOAT, grad=False)  # more than a composition sums at once
    actual, expected = ops.sum_of_squares(flat), flat.double().square().sum()
    check("sum_of_squares of many", abs(actual.item() - expected.item()) <= 1e-12 * expected.item())
    check("sum_of_squares repeats bit for bit", torch.equal(actual, ops.sum_of_squares(flat)))


def segments_of(size):
    """Offsets of segments of very different lengths; one is empty."""
    return torch.tensor([0, size // 100, size // 100, size // 100 + 7, size // 3, size], device=DEVICE)


def check_segments():
    for size in (1000, (1 << 24) + 5):  # the second is more than a composition widens at once
        x, y = values(size, dtype=FLOAT, grad=False), values(size, dtype=FLOAT, grad=False)
        offsets, factors = segments_of(size), on_device([0.5, 7.0, -1e-3, 3.0, 1e-7]).double()
        parts = [x[begin:end].double() for begin, end in zip(offsets.tolist(), offsets.tolist()[1:])]
        expected = torch.stack([part.square().sum() for part in parts])
        sums = ops.segment_sums_of_squares(x, offsets)
        check(f"segment_sums_of_squares of {size}",
              sums.dtype == DOUBLE and torch.allclose(sums, expected, rtol=1e-12, atol=0))
        check(f"segment_sums_of_squares of {size} repeats bit for bit",
              torch.equal(sums, ops.segment_sums_of_squares(x, offsets)))
        expected = x.double() + factors.repeat_interleave(offsets.diff()) * y
        ops.add_scaled_segments_(x, y, offsets, factors)
        check_close(f"add_scaled_segments_ of {size}", [x], [expected], FLOAT)
    check_refused("segment_sums_of_squares refuses offsets of int32", "for offsets but received",
                  lambda: ops.segment_sums_of_squares(x, offsets.int()))
    check_refused("add_scaled_segments_ refuses a short y", "for y but received",
                  lambda: ops.add_scaled_segments_(x, y[1:], offsets, factors))
    check_refused("add_scaled_segments_ refuses factors of float32", "for factors but received",
                  lambda: ops.add_scaled_segments_(x, y, offsets, factors.float()))
    if OWN_KERNELS:
        for wrong in ([0, 5], [1, size], [0, 9, 8, size]):
            check_refused(f"segment_sums_of_squares refuses offsets {wrong}", "for offsets but received",
                          lambda: ops.segment_sums_of_squares(x, torch.tensor(wrong)))
