"""Checks every operator of libbert_ops against plain PyTorch in float64.

    python check_ops.py libbert_ops.so                                  the CPU's kernels
    python check_ops.py libbert_ops.so libbert_compositions.so          the compositions for the GPU, run on the CPU
    python check_ops.py libbert_ops.so libbert_emulated.so --own-kernels    its own kernels, in an emulator
    python check_ops.py libbert_ops.so libbert_cuda.so --device cuda    on a GPU, and with --own-kernels its own there

With --only and names of CHECKS, some of them. Needs a Python with the torch that the libraries were built for. Prints one line a check; exits with 1 if any failed.
"""

import sys

import torch

from checks import checking
from checks.attention import check_attention
from checks.attention_choice import check_attention_choice
from checks.compositions import check_masks, dropout_masks
from checks.cross_entropy import check_cross_entropy
from checks.deterministic import check_deterministic
from checks.dropout import check_dropout
from checks.embeddings import check_bert_embeddings, check_embedding
from checks.layer_norm import check_dropout_add_layer_norm
from checks.linear import check_linear, check_linear_gelu
from checks.modes import check_inference, check_threads
from checks.optimizer import check_adamw, check_segments, check_sum_of_squares
from checks.prediction import check_encoder_layers, check_int8_linear, check_packed_linear
from checks.waiting import check_no_waiting


ON_CPU = checking.DEVICE == "cpu"
CHECKS = {
    "linear": [check_linear, check_linear_gelu],
    "dropout": [check_dropout],
    "embeddings": [check_embedding, check_bert_embeddings],
    "layer_norm": [check_dropout_add_layer_norm],
    "attention": [check_attention],
    "cross_entropy": [check_cross_entropy],
    "optimizer": [check_adamw, check_sum_of_squares, check_segments],
    "prediction": [check_encoder_layers, *([check_packed_linear, check_int8_linear] if checking.OWN_KERNELS else [])],
    "modes": [check_inference, check_deterministic, *([check_threads] if checking.OWN_KERNELS else [])],
    "waiting": [] if ON_CPU else [check_no_waiting],
}


def main():
    torch.manual_seed(0)
    libraries = checking.arguments.libraries
    torch.ops.load_library(libraries[0])
    kernels = dropout_masks()
    for library in libraries[1:]:
        torch.ops.load_library(library)
    if checking.arguments.own_kernels:
        checking.ops.use_own_kernels(checking.ops.own_kernels())
    for name in checking.arguments.only or CHECKS:
        for run in CHECKS[name]:
            run()
    if not checking.OWN_KERNELS and ON_CPU:
        check_masks(kernels)
    if hasattr(torch.ops.libbert_test, "attention_backend"):
        check_attention_choice()
    print(f"{checking.failures} failed" if checking.failures else "all passed")
    sys.exit(1 if checking.failures else 0)


main()
