"""Dropout: its rate, its keys, its row ids."""

import torch

from checks.checking import (
    BFLOAT, DEVICE, FLOAT, TOLERANCE, check, check_refused, gradcheck, key, ops, row_ids, values,
)
from checks.philox import check_philox


def check_dropout():
    rows, width, p = 200, 300, 0.1
    for dtype in TOLERANCE:
        x = torch.ones(rows, width, device=DEVICE, dtype=dtype, requires_grad=True)
        y = ops.dropout(x, p, key(42), None)
        kept = y != 0
        # Five standard deviations of a binomial: wrong in one of two million correct generators.
        spread = 5 * (p * (1 - p) / y.numel()) ** 0.5
        dropped_rate = 1 - kept.double().mean().item()
        check(f"dropout drops the fraction p {dtype}", abs(dropped_rate - p) < spread, f"{dropped_rate:.4f}")
        scaled = torch.tensor(1 / (1 - p), dtype=FLOAT if dtype == BFLOAT else dtype).to(dtype)
        check(f"dropout scales by 1 / (1 - p) {dtype}", bool((y[kept] == scaled.to(DEVICE)).all()))
        (grad,) = torch.autograd.grad(y.sum(), x)
        check(f"dropout masks forward and backward alike {dtype}", torch.equal(grad, y.detach()))

    x = torch.ones(rows, width, device=DEVICE)
    mask = ops.dropout(x, p, key(42), None)
    per_column = (mask == 0).double().mean(0)
    check("dropout treats all columns alike", per_column.max().item() < p + 6 * (p * (1 - p) / rows) ** 0.5)
    neighbours = ((mask[:, 1:] == 0) & (mask[:, :-1] == 0)).double().mean().item()
    check("dropout decides neighbours independently", abs(neighbours - p * p) < 5 * (p * p / x.numel()) ** 0.5)
    check("dropout repeats for the same key", torch.equal(mask, ops.dropout(x, p, key(42), None)))
    differing = (mask != ops.dropout(x, p, key(43), None)).double().mean().item()
    check("dropout changes with the key", abs(differing - 2 * p * (1 - p)) < 0.01, f"{differing:.4f}")

    ids = row_ids(rows)
    order = torch.randperm(rows).to(DEVICE)
    x = values(rows, width, dtype=FLOAT, grad=False)
    moved = ops.dropout(x[order], p, key(42), ids[order].contiguous())
    check("dropout follows the row id, not the row", torch.equal(moved, ops.dropout(x, p, key(42), ids)[order]))
    counted = torch.arange(rows, device=DEVICE)
    check("dropout takes the row's number where ids are absent",
          torch.equal(ops.dropout(x, p, key(42), None), ops.dropout(x, p, key(42), counted)))
    high = ops.dropout(x, p, key(42), ids + (1 << 40))
    check("dropout uses all 64 bits of a row id", not torch.equal(high, ops.dropout(x, p, key(42), ids)))
    wide = ops.dropout(torch.ones(rows, 307, device=DEVICE), p, key(42), None)
    check("dropout's mask does not depend on the width", torch.equal(wide[:, :width], mask))
    check("dropout of p = 0 is the identity", torch.equal(ops.dropout(x, 0.0, None, None), x))
    everything = values(rows, width, dtype=FLOAT)
    nothing = ops.dropout(everything, 1.0, key(42), None)
    (grad,) = torch.autograd.grad(nothing.sum(), everything)
    check("dropout of p = 1 gives zeros, and gradients of zero, as PyTorch's", not nothing.any() and not grad.any())
    check("dropout of no rows", ops.dropout(x[:0], p, key(42), None).shape == (0, width))
    gradcheck("dropout gradcheck", lambda x: ops.dropout(x, 0.3, key(7), None), (values(5, 9),))
    check_philox()
    check_refused("dropout refuses to draw from nothing", "for key but received none",
                  lambda: ops.dropout(x, p, None, None))
    check_refused("dropout refuses a key of int32", "for key but received", lambda: ops.dropout(x, p, key(42).int(), None))
    check_refused("dropout refuses p above 1", "for p but received", lambda: ops.dropout(x, 1.1, key(42), None))
    check_refused("dropout refuses int32 ids", "for row_ids", lambda: ops.dropout(x, p, key(42), ids.int()))
    check_refused("dropout refuses too few ids", "for row_ids", lambda: ops.dropout(x, p, key(42), ids[1:]))
