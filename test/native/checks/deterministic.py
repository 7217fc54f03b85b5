"""With LibTorch's deterministic algorithms, every operator runs, and gives the same bits again."""

import torch

from checks.attention import EQUAL_LENGTHS, LENGTHS
from checks.checking import BFLOAT, FLOAT, attend, check, key, offsets, ops, values, with_gradients
from checks.embeddings import dense, embeddings, ids_below, tables
from checks.optimizer import segments_of


def check_deterministic():
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    for dtype in (FLOAT, BFLOAT):
        for name, run in operators(dtype):
            first = run()
            same = all(torch.equal(a, b) for _ in range(3) for a, b in zip(first, run(), strict=True))
            check(f"{name} {dtype} repeats bit for bit in a deterministic run", same)
    torch.use_deterministic_algorithms(False)


def operators(dtype):
    tokens, width = 3000, 256
    shapes = (tokens, width), (tokens, width), (width, width), (width,), (width,)
    x, residual, matrix, weight, bias = (values(*shape, dtype=dtype) for shape in shapes)
    yield "linear", lambda: with_gradients(ops.linear, [x, matrix, bias])
    grad, before = (values(*shape, dtype=dtype, grad=False) for shape in ((tokens, width), (width, width)))
    yield "linear_gradients_", lambda: added_gradients(before.clone(), grad, x.detach())
    yield "dropout", lambda: with_gradients(lambda x: ops.dropout(x, 0.1, key(3), None), [x])
    yield "dropout_add_layer_norm", lambda: with_gradients(
        lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, 0.1, key(3), None), [x, residual, weight, bias])
    ids, embedded = [ids_below(2, tokens) for _ in range(3)], tables(width, dtype)
    yield "bert_embeddings", lambda: dense(with_gradients(embeddings(ids, -1, 0.1), embedded))
    targets = ids_below(width, tokens)
    yield "cross_entropy_sum", lambda: with_gradients(lambda x: ops.cross_entropy_sum(x * 1, targets), [x])
    for lengths in (LENGTHS, EQUAL_LENGTHS):
        qkv = values(sum(lengths), 3 * 4 * 64, dtype=dtype)
        for p in (0.0, 0.25):
            yield f"varlen_attention of {lengths} p {p}", lambda qkv=qkv, lengths=lengths, p=p: with_gradients(
                lambda x: attend(x, offsets(lengths), max(lengths), 4, p, 5, None, False), [qkv])
    yield "sum_of_squares", lambda: [ops.sum_of_squares(x.detach().flatten())]
    yield "segment_sums_of_squares", lambda: [
        ops.segment_sums_of_squares(x.detach().float().flatten(), segments_of(x.numel()))]


def added_gradients(weight_gradient, grad, x):
    """Both gradients of a linear layer, of which one is added to."""
    bias_gradient = ops.linear_gradients_(weight_gradient, grad, x)
    return [weight_gradient, bias_gradient]
