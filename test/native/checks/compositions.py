"""The GPU's implementations and the CPU's kernels drop the same."""

import torch

from checks.checking import attend, check, key, offsets, ops


def dropout_masks():
    """Masks of both uses of dropout, with and without row ids."""
    ids = (torch.arange(40) * 1_000_003 + (torch.arange(40) % 3 << 33))
    uniform = torch.zeros(40, 3, 3, 64)
    uniform[:, 2] = torch.eye(40, 64).unsqueeze(1)
    uniform = uniform.view(40, -1)
    return [
        ops.dropout(torch.ones(40, 307), 0.3, key(-5), ids),
        ops.dropout(torch.ones(40, 307), 1e-3, key(1 << 62), None),
        attend(uniform, offsets([40]), 40, 3, 0.3, 17, ids, False) != 0,
    ]


def check_masks(kernels):
    """What the CPU's kernels drop, the other implementations drop that run on the CPU."""
    check("dropout drops what the CPU's kernels drop",
          all(torch.equal(a, b) for a, b in zip(kernels, dropout_masks(), strict=True)))
