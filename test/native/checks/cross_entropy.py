"""The loss over a vocabulary, whose backward pass writes over the logits."""

from itertools import product

import torch

from checks.checking import (
    BFLOAT, DEVICE, DOUBLE, FLOAT, REFUSES_IDS, TOLERANCE, check, check_close, check_refused, error, ops, values,
)


def loss_of(logits, targets):
    return ops.cross_entropy_sum(logits * 1, targets)  # a leaf may not be overwritten


def check_cross_entropy():
    for rows, classes, dtype in product((0, 1, 40), (2, 1001), TOLERANCE):
        logits = (values(rows, classes, dtype=dtype, grad=False) * 3).requires_grad_()
        targets = torch.randint(classes, (rows,)).to(DEVICE)
        targets[1::3] = -100
        reference = logits.detach().double().requires_grad_()
        expected = torch.nn.functional.cross_entropy(reference, targets, reduction="sum")
        actual = loss_of(logits, targets)
        wide = DOUBLE if dtype == DOUBLE else FLOAT
        # Summed wide whatever the logits are, so the loss has no error of bfloat16.
        check_close(f"cross_entropy_sum [{rows}, {classes}] {dtype}", [actual.detach()], [expected.detach()], wide)
        gradient, expected_gradient = (torch.autograd.grad(y * 0.5, x)[0] for y, x in
                                       ((actual, logits), (expected, reference)))
        check_close(f"cross_entropy_sum's gradient [{rows}, {classes}] {dtype}", [gradient], [expected_gradient], dtype)

    targets = torch.tensor([3, -100, 0, 6], device=DEVICE)
    check_differences(values(4, 7), targets)
    huge = torch.tensor([[1e4, -1e4, float("-inf")], [-1e4, 1e4, 0]], device=DEVICE)
    loss = ops.cross_entropy_sum(huge, torch.tensor([0, 0], device=DEVICE))
    check("cross_entropy_sum of huge logits", error(loss, torch.tensor(2e4, dtype=DOUBLE)) < TOLERANCE[FLOAT])
    huge[1, 2] = float("nan")
    check("cross_entropy_sum passes NaN on",
          bool(ops.cross_entropy_sum(huge, torch.tensor([0, 0], device=DEVICE)).isnan()))
    check_memory(targets)
    leaf = values(4, 7)
    check_refused("cross_entropy_sum refuses a leaf", "but received a leaf", lambda: ops.cross_entropy_sum(leaf, targets))
    if REFUSES_IDS:
        check_refused("cross_entropy_sum refuses a class beyond the last", "out of",
                      lambda: loss_of(leaf, targets + 1))
    check_refused("cross_entropy_sum refuses too few targets", "for targets but received",
                  lambda: loss_of(leaf, targets[1:]))
    check_refused("cross_entropy_sum_backward_ refuses too few sums", "for log_sum_exp but received",
                  lambda: ops.cross_entropy_sum_backward_(torch.ones((), device=DEVICE), leaf.detach().float(),
                                                          targets, torch.zeros(1, device=DEVICE)))
    check_refused("cross_entropy_sum refuses a transposed matrix", "contiguous matrix [N, V] for logits",
                  lambda: ops.cross_entropy_sum(leaf.detach().t(), targets))


def check_differences(logits, targets):
    """gradcheck would go through backward several times."""
    (gradient,) = torch.autograd.grad(loss_of(logits, targets), logits)
    step, base = 1e-5, logits.detach()
    differences = torch.stack([loss_of(base + way, targets) - loss_of(base - way, targets)
                               for way in step * torch.eye(base.numel(), device=DEVICE).double().view(-1, *base.shape)])
    # Central differences are wrong by some step^2, and by 1e-16 / step for rounding.
    check("cross_entropy_sum's gradient is that of differences",
          error(gradient.flatten(), differences / (2 * step)) < 1e-9)


def check_memory(targets):
    leaf = values(4, 7, dtype=BFLOAT)
    logits = leaf * 1
    memory = logits.data_ptr()
    seen = []
    logits.register_hook(lambda gradient: seen.append(gradient.data_ptr()))
    loss = ops.cross_entropy_sum(logits, targets)
    loss.backward(retain_graph=True)
    check("cross_entropy_sum writes the gradient over the logits", seen == [memory])
    check_refused("cross_entropy_sum goes through backward once", "modified by an inplace operation", loss.backward)
