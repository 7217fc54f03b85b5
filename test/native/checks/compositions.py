"""The GPU's compositions and the CPU's kernels drop the same."""

from itertools import product

import torch

from checks.checking import check, offsets, ops


def dropout_masks():
    """Masks of both uses of dropout, with and without row ids."""
    ids = (torch.arange(40) * 1_000_003 + (torch.arange(40) % 3 << 33))
    uniform = torch.zeros(40, 3, 3, 64)
    uniform[:, 2] = torch.eye(40, 64).unsqueeze(1)
    uniform = uniform.view(40, -1)
    return [
        ops.dropout(torch.ones(40, 307), 0.3, -5, ids),
        ops.dropout(torch.ones(40, 307), 1e-3, 1 << 62, None),
        ops.varlen_attention(uniform, offsets([40]), 40, 3, 0.3, 17, ids, False) != 0,
    ]


def check_masks(kernels):
    """What the CPU's kernels drop, the compositions drop, and the threads of the CUDA kernel drop."""
    test = torch.ops.libbert_test
    check("compositions drop what the kernels drop",
          all(torch.equal(a, b) for a, b in zip(kernels, dropout_masks(), strict=True)))
    ids = (torch.arange(9) * 1_000_003 + (torch.arange(9) % 3 << 33))
    for planes, columns, given in product((1, 5), (1, 64, 70), (None, ids)):
        draw = 0.3, -77, given, 9, planes, columns
        equal = torch.equal(test.drop_with_kernel(*draw), test.drop_with_composition(*draw))
        check(f"the CUDA kernel's threads drop the same, {planes} planes, {columns} columns", equal)
