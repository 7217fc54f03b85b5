"""Which implementation of attention a GPU's calls get: a decision that needs no GPU."""

import torch

from checks.checking import BFLOAT, DOUBLE, FLOAT, check, check_refused

HALF = torch.float16
# 16 sequences of 512 tokens, of BERT-base, on an H100.
PLAIN = {"type": BFLOAT, "tokens": 16 * 512, "sequences": 16, "max_seqlen": 512, "head_size": 64, "p": 0.0,
         "is_deterministic": False, "capability": 9, "forced": ""}


def backend(**changes):
    return torch.ops.libbert_test.attention_backend(**{**PLAIN, **changes})


def check_choice(name, expected, **changes):
    received = backend(**changes)
    check(f"attention of {name} is {expected}", received == expected, "" if received == expected else received)


def check_attention_choice():
    ragged = {"tokens": 16 * 512 - 1}
    check_choice("ragged batches", "flash", **ragged)
    check_choice("ragged batches in float16", "flash", type=HALF, **ragged)
    check_choice("ragged batches with dropout", "flash", p=0.1, **ragged)
    check_choice("ragged batches on an A100", "flash", capability=8, **ragged)
    check_choice("batches that are rounded up", "flash", sequences=17, tokens=16 * 512 + 32)

    check_choice("equal lengths", "dense cudnn")
    check_choice("equal lengths with a dropout of 1/8", "dense cudnn", p=0.125)
    check_choice("equal lengths with a dropout that cuDNN would round", "flash", p=0.1)
    check_choice("equal lengths on a B200", "dense cudnn", capability=10)
    check_choice("equal lengths on an A100", "flash", capability=8)
    check_choice("equal lengths on an RTX 50", "flash", capability=12)
    check_choice("equal lengths that are no multiple of 128", "flash", tokens=16 * 448, max_seqlen=448)
    check_choice("one sequence", "flash", sequences=1, tokens=512)
    check_choice("wide heads", "flash", head_size=256)
    check_choice("equal lengths in a deterministic run", "flash", is_deterministic=True)

    for batch, lengths in (("equal lengths", {}), ("ragged batches", ragged)):
        check_choice(f"{batch} in float32", "efficient", type=FLOAT, **lengths)
        check_choice(f"{batch} in float32, deterministic,", "efficient", type=FLOAT, is_deterministic=True, **lengths)
        check_choice(f"{batch} in float32 with dropout", "composition", type=FLOAT, p=0.1, **lengths)
        check_choice(f"{batch} in float64", "composition", type=DOUBLE, **lengths)
    check_choice("heads that fill no vector", "composition", head_size=12)
    check_choice("heads in float32 that fill a vector", "efficient", type=FLOAT, head_size=12)
    check_choice("heads in float32 that fill no vector", "composition", type=FLOAT, head_size=6)
    check_choice("very wide heads", "composition", head_size=264)
    check_choice("a dropout of 1", "composition", p=1.0)
    check_choice("no tokens", "composition", tokens=0, sequences=0, max_seqlen=0)

    check_choice("equal lengths, flash forced,", "flash", forced="flash")
    check_choice("float32, flash forced,", "efficient", type=FLOAT, forced="flash")
    check_choice("ragged batches, cudnn forced,", "varlen cudnn", forced="cudnn", **ragged)
    check_choice("equal lengths, cudnn forced,", "dense cudnn", forced="cudnn", capability=8)
    check_choice("a dropout that cuDNN would round, cudnn forced,", "flash", forced="cudnn", p=0.1)
    for dtype in (BFLOAT, FLOAT):
        check_choice(f"{dtype}, the composition forced,", "composition", type=dtype, forced="composition")
    check_refused("attention refuses a backend of another name", "for LIBBERT_CUDA_ATTENTION but received dense",
                  lambda: backend(forced="dense"))
    check_refused("attention refuses cudnn in a deterministic run", "in a deterministic run but received cudnn",
                  lambda: backend(forced="cudnn", is_deterministic=True))
