"""Any number of threads, and inference mode."""

import torch

from checks.checking import FLOAT, attend, check, key, offsets, ops, values, with_gradients
from checks.embeddings import dense, embeddings, ids_below, tables
from checks.optimizer import segments_of


def check_threads():
    lengths = [50, 3, 128, 0, 90, 64] * 4
    tokens, hidden = sum(lengths), 192
    shapes = ((tokens, 3 * hidden), (tokens, hidden), (tokens, hidden), (hidden,), (hidden,))
    qkv, x, residual, weight, bias = (values(*shape, dtype=FLOAT) for shape in shapes)
    ids, embedded = [ids_below(2, tokens) for _ in range(3)], tables(hidden, FLOAT)

    def all_operators():
        return [
            *with_gradients(lambda x: attend(x, offsets(lengths), 128, 6, 0.1, 3, None, False), [qkv]),
            *with_gradients(lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, 0.1, key(3), None), [x, residual, weight, bias]),
            *with_gradients(lambda x: ops.dropout(x, 0.1, key(3), None), [x]),
            *dense(with_gradients(embeddings(ids, -1, 0.1), embedded)),
            ops.sum_of_squares(x.detach().flatten()),
            ops.segment_sums_of_squares(x.detach().flatten(), segments_of(x.numel())),
        ]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = all_operators()
    for count in (2, 3):
        torch.set_num_threads(count)
        same = all(torch.equal(a, b) for a, b in zip(alone, all_operators(), strict=True))
        check(f"{count} threads give the same bits as one", same)
    torch.set_num_threads(threads)


def check_inference():
    with torch.inference_mode():
        x, weight = values(6, 12, dtype=FLOAT, grad=False), values(12, dtype=FLOAT, grad=False)
        outputs = [
            ops.linear(x, values(4, 12, dtype=FLOAT, grad=False), None),
            ops.dropout(x, 0.1, key(1), None),
            ops.embedding(x, ids_below(6, 5), -1),
            embeddings([ids_below(2, 5)] * 3, -1, 0.1)(*(t.detach() for t in tables(12, FLOAT))),
            ops.dropout_add_layer_norm(x, x, weight, weight, 1e-5, 0.1, key(1), None),
            attend(x, offsets([6]), 6, 2, 0.1, 1, None, False),
        ]
    check("operators run in inference mode", all(y.is_inference() and bool(y.isfinite().all()) for y in outputs))
