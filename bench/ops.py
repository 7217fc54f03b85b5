"""Times libbert's operators, forward and backward, beside what PyTorch offers for the same work on the same tokens.

    python bench/ops.py libbert_ops.so [--threads 2] [--rounds 30]

PyTorch's attention gets the batch padded and masked, as it has no other form on the CPU. Both sides take turns within
one run, so that whatever else the machine does meets both; the numbers are medians of the wall time.
"""

import argparse
import statistics
import time

import torch
import torch.nn.functional as F

# Lengths spread as those of SST-2's training sentences are: 13 word pieces on average, a few long ones.
SHORT_LENGTHS = [
    *[11, 7, 18, 4, 9, 31, 6, 13, 22, 5, 8, 15, 10, 3, 27, 12],
    *[6, 19, 9, 41, 7, 14, 5, 24, 11, 8, 16, 4, 10, 20, 6, 15],
]
SHAPES = {
    "MiniLM, 32 short sentences": (SHORT_LENGTHS, 384, 12),
    "MiniLM, 32 x 128": ([128] * 32, 384, 12),
    "BERT-base, 8 x 512": ([512] * 8, 768, 12),
}
P = 0.1
KEY = torch.tensor(1)  # of dropout
VOCABULARY = 30_522


def leaf(*shape, dtype):
    return torch.randn(*shape).to(dtype).requires_grad_()


def padded_attention(qkv, lengths, heads, padding):
    """qkv [B, L, 3 * H], with the mask that hides padding [B, 1, 1, L]."""
    batch, longest, width = qkv.shape
    query, key, value = qkv.view(batch, longest, 3, heads, -1).permute(2, 0, 3, 1, 4)
    output = F.scaled_dot_product_attention(query, key, value, attn_mask=padding, dropout_p=P)
    return output.transpose(1, 2).reshape(batch, longest, width // 3)


def attention_pair(lengths, hidden, heads, dtype):
    offsets = torch.tensor([0, *lengths]).cumsum(0).int()
    packed = leaf(sum(lengths), 3 * hidden, dtype=dtype)
    padded = leaf(len(lengths), max(lengths), 3 * hidden, dtype=dtype)
    padding = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])[:, None, None]
    ours = lambda: torch.ops.libbert.varlen_attention(packed, offsets, max(lengths), heads, P, KEY, None, None, False)
    theirs = lambda: padded_attention(padded, lengths, heads, padding)
    return (ours, [packed]), (theirs, [padded])


def embeddings_pair(lengths, hidden, _heads, dtype):
    """Words as often as in a text: the n-th comes about once in n (Zipf)."""
    tokens = sum(lengths)
    words = torch.multinomial(1 / (torch.arange(VOCABULARY) + 2.7), tokens, replacement=True)
    places = torch.cat([torch.arange(length) for length in lengths])
    segments = torch.zeros(tokens, dtype=torch.int64)
    shapes = ((VOCABULARY, hidden), (512, hidden), (2, hidden), (hidden,), (hidden,))
    inputs = [leaf(*shape, dtype=dtype) for shape in shapes]
    table, positions, types, weight, bias = inputs
    ours = lambda: torch.ops.libbert.bert_embeddings(
        table, words, -1, positions, places, types, segments, weight, bias, 1e-12, P, KEY, None)
    theirs = lambda: F.dropout(F.layer_norm(
        F.embedding(words, table) + F.embedding(places, positions) + F.embedding(segments, types),
        (hidden,), weight, bias, 1e-12), P)
    return (ours, inputs), (theirs, inputs)


def layer_norm_pair(lengths, hidden, _heads, dtype):
    tokens = sum(lengths)
    inputs = [leaf(*shape, dtype=dtype) for shape in ((tokens, hidden), (tokens, hidden), (hidden,), (hidden,))]
    x, residual, weight, bias = inputs
    ours = lambda: torch.ops.libbert.dropout_add_layer_norm(x, residual, weight, bias, 1e-12, P, KEY, None)
    theirs = lambda: F.layer_norm(residual + F.dropout(x, P), (hidden,), weight, bias, 1e-12)
    return (ours, inputs), (theirs, inputs)


def linear_pair(lengths, hidden, _heads, dtype):
    """The product that yields queries, keys and values."""
    shapes = ((sum(lengths), hidden), (3 * hidden, hidden), (3 * hidden,))
    inputs = [leaf(*shape, dtype=dtype) for shape in shapes]
    return (lambda: torch.ops.libbert.linear(*inputs), inputs), (lambda: F.linear(*inputs), inputs)


def seconds(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def compare(name, pair, rounds):
    times = [([], []), ([], [])]  # for each side: forward, backward
    for round_ in range(rounds + 3):
        for (forward, inputs), (forward_times, backward_times) in zip(pair, times, strict=True):
            elapsed, output = seconds(forward)
            grad = torch.ones_like(output)
            elapsed_backward, _ = seconds(lambda: torch.autograd.grad(output, inputs, grad))
            if round_ >= 3:  # the first rounds warm caches and thread pools up
                forward_times.append(elapsed)
                backward_times.append(elapsed_backward)
    (ours_f, ours_b), (theirs_f, theirs_b) = [[1e3 * statistics.median(part) for part in side] for side in times]
    ratio = (theirs_f + theirs_b) / (ours_f + ours_b)
    ours, theirs = f"{ours_f:8.3f} + {ours_b:8.3f} ms", f"{theirs_f:8.3f} + {theirs_b:8.3f} ms"
    print(f"  {name:28}libbert {ours}   PyTorch {theirs}   x {ratio:.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    torch.ops.load_library(options.library)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    print(f"forward + backward, dropout {P}, {options.threads} threads, torch {torch.__version__}")
    for title, (lengths, hidden, heads) in SHAPES.items():
        for dtype in (torch.float32, torch.bfloat16):
            print(f"{title}, {sum(lengths)} tokens, {str(dtype).removeprefix('torch.')}")
            compare("embeddings", embeddings_pair(lengths, hidden, heads, dtype), options.rounds)
            compare("attention", attention_pair(lengths, hidden, heads, dtype), options.rounds)
            compare("dropout_add_layer_norm", layer_norm_pair(lengths, hidden, heads, dtype), options.rounds)
            compare("linear (query, key, value)", linear_pair(lengths, hidden, heads, dtype), options.rounds)


main()
