"""Dropout, addition and layer normalisation."""

from itertools import product

import torch

from checks.checking import (
    DEVICE, DOUBLE, FLOAT, TOLERANCE, as_double, check, check_close, check_refused, error,
    gradcheck, key, ops, row_ids, same, values, with_gradients,
)


def layer_norm_reference(mask):
    def reference(x, residual, weight, bias):
        return torch.nn.functional.layer_norm(residual + x * mask, x.shape[-1:], weight, bias, 1e-5)

    return reference


def check_dropout_add_layer_norm():
    for rows, width, p, dtype in product((0, 1, 61), (24, 384), (0.0, 0.3, 1.0), TOLERANCE):
        ids = row_ids(rows)
        mask = ops.dropout(torch.ones(rows, width, device=DEVICE, dtype=DOUBLE), p, key(3), ids)
        inputs = [values(*shape, dtype=dtype) for shape in ((rows, width), (rows, width), (width,), (width,))]
        expected = with_gradients(layer_norm_reference(mask), as_double(*inputs))
        actual = with_gradients(lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, p, key(3), ids), inputs)
        check_close(f"dropout_add_layer_norm [{rows}, {width}] {dtype} p {p}", actual, expected, dtype)

    inputs = (values(4, 10), values(4, 10), values(10), values(10))
    gradcheck("dropout_add_layer_norm gradcheck", lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, 0.3, key(9), None), inputs)
    far = [values(8, 384, dtype=FLOAT, grad=False) + 1000 for _ in range(2)]
    ones, zeros = torch.ones(384, device=DEVICE), torch.zeros(384, device=DEVICE)
    far_expected = torch.nn.functional.layer_norm((far[0] + far[1]).double(), (384,))
    far_error = error(ops.dropout_add_layer_norm(*far, ones, zeros, 1e-5, 0.0, None, None), far_expected)
    # The sums lie near 2000, where float32 has steps of 1.2e-4, of which the mean may be two off. A variance taken as
    # E[x^2] - E[x]^2 would have an error near 0.1 here.
    check("dropout_add_layer_norm far from zero", far_error < 3e-4, f"error {far_error:.1e}")

    x, residual = values(50, 100, dtype=FLOAT, grad=False), values(50, 100, dtype=FLOAT, grad=False)
    weight, bias = values(100, dtype=FLOAT, grad=False), values(100, dtype=FLOAT, grad=False)
    ids, order = row_ids(50), torch.randperm(50).to(DEVICE)
    whole = ops.dropout_add_layer_norm(x, residual, weight, bias, 1e-5, 0.2, key(8), ids)
    moved = ops.dropout_add_layer_norm(x[order], residual[order], weight, bias, 1e-5, 0.2, key(8), ids[order].contiguous())
    check("dropout_add_layer_norm follows the row id", same(moved, whole[order]))
    check_refused("dropout_add_layer_norm refuses another residual", "for residual but received",
                  lambda: ops.dropout_add_layer_norm(x, residual[1:], weight, bias, 1e-5, 0.0, key(8), None))
    check_refused("dropout_add_layer_norm refuses another weight", "for weight but received",
                  lambda: ops.dropout_add_layer_norm(x, residual, weight[1:], bias, 1e-5, 0.0, key(8), None))
