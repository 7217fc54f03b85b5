"""Losses with class weights, label smoothing and independent labels, and their gradients."""

from pathlib import Path

import torch
from torch.nn import functional as F

from reference import with_prefix, write_tensors

REDUCTIONS = ("mean", "sum", "none")
LABELS = torch.tensor([0, 4, -100, 2, 1, 3, 2])  # -100 does not count


def run_loss(loss, logits):
    """The value under each reduction, and the gradient of the mean and of the sum."""
    results = {}
    for reduction in REDUCTIONS:
        leaf = logits.clone().requires_grad_()
        value = loss(leaf, reduction)
        results[reduction] = value
        if reduction != "none":
            value.backward()
            results[f"{reduction}_grad"] = leaf.grad
    return results


def write_losses(out: Path):
    generator = torch.Generator().manual_seed(47)
    logits = 3 * torch.randn([len(LABELS), 5], generator=generator)
    weight = torch.tensor([0.25, 3.0, 1.0, 0.5, 2.0])
    tensors = {"logits": logits, "labels": LABELS.int(), "weight": weight}
    for name, options in {
        "weighted": {"weight": weight},
        "smoothed": {"label_smoothing": 0.1},
        "weighted_smoothed": {"weight": weight, "label_smoothing": 0.3},
    }.items():
        tensors |= with_prefix(
            name, run_loss(lambda x, reduction: F.cross_entropy(x, LABELS, reduction=reduction, **options), logits)
        )

    # Both tails, where exp overflows, and zero.
    binary_logits = torch.cat([3 * torch.randn([3, 4], generator=generator), torch.tensor([[-200.0, 200.0, 0.0, 90.0]])])
    targets = torch.cat([torch.rand([3, 4], generator=generator), torch.tensor([[0.0, 1.0, 1.0, 0.0]])])
    tensors |= {"binary.logits": binary_logits, "binary.targets": targets}
    tensors |= with_prefix(
        "binary",
        run_loss(lambda x, reduction: F.binary_cross_entropy_with_logits(x, targets, reduction=reduction), binary_logits),
    )
    write_tensors(out / "losses.safetensors", tensors)
