"""Tables of vectors: one look-up, and BERT's three with what follows them."""

from itertools import product

import torch

from checks.checking import (
    BFLOAT, DEVICE, DOUBLE, FLOAT, OWN_KERNELS, REFUSES_IDS, TOLERANCE, as_double, check, check_close, check_refused,
    gradcheck, key, ops, row_ids, same, values, with_gradients,
)

WORDS, POSITIONS, SEGMENTS = 12, 9, 2


def dense(tensors):
    """A table's gradient is sparse where that is the faster."""
    return [t.to_dense() if t.is_sparse else t for t in tensors]


class WithDenseGradient(torch.autograd.Function):
    """A table as it is; gradcheck wants its gradient dense."""

    @staticmethod
    def forward(_context, table):
        return table.view_as(table)

    @staticmethod
    def backward(_context, gradient):
        return dense([gradient])[0]


def ids_below(count, size, dtype=torch.int64):
    return torch.randint(count, (size,), dtype=dtype).to(DEVICE)


def check_embedding():
    for shape, id_type, padding, dtype in product(((0,), (7,), (3, 50)), (torch.int32, torch.int64), (-1, 2), TOLERANCE):
        ids = torch.randint(11, shape, dtype=id_type).to(DEVICE)
        table = values(11, 24, dtype=dtype)
        look_up = torch.nn.functional.embedding
        expected = with_gradients(lambda t: look_up(ids, t, None if padding < 0 else padding), as_double(table))
        actual = dense(with_gradients(lambda t: ops.embedding(t, ids, padding), [table]))
        check_close(f"embedding of {list(shape)} {id_type} {dtype} padding {padding}", actual, expected, dtype)
    check_sum_by_id()
    table, ids = values(5, 3), ids_below(5, 8)
    gradcheck("embedding gradcheck", lambda t: ops.embedding(WithDenseGradient.apply(t), ids, -1), (table,))
    check_refused("embedding refuses an id beyond its table", "index out of range",
                  lambda: ops.embedding(table, torch.tensor([4, 5]), -1))


def check_sum_by_id():
    """One row of the table gets nearly all of a batch, as position 0, the first segment and [CLS] do."""
    for size, dtype in product((420, 4096, 16_384), TOLERANCE):
        ids = ids_below(300, size)
        ids[torch.rand(size) < 0.9] = 7
        rows = (values(size, 104, dtype=dtype, grad=False) + 0.1).to(dtype)
        expected = torch.zeros(300, 104, device=DEVICE, dtype=DOUBLE).index_add(0, ids, rows.double())
        (actual,) = dense([ops.sum_by_id(rows, ids, 300, -1)])
        lengths = expected.norm(dim=1)
        relative = ((actual.double() - expected).norm(dim=1) / lengths)[lengths > 0].max().item()
        # Each element is rounded once, to 8 bits: by up to 2^-8 of itself. What comes before is sums of float32 (2^-24)
        # or float64, whose error grows about as the root of their length: 128 for 16,384 rows.
        bound = {BFLOAT: 2**-8, FLOAT: 128 * 2**-24, DOUBLE: 128 * 2**-53}[dtype]
        check(f"sum_by_id of {size} rows {dtype}", relative < bound and actual.dtype == dtype, f"error {relative:.1e}")
    rows, ids = values(6, 4, grad=False), torch.tensor([1, 9, 1, 3, 9, 0], device=DEVICE)
    summed = ops.sum_by_id(rows, ids, 10, 9)
    if OWN_KERNELS:
        check("sum_by_id has a row for each id, in order, but the skipped",
              summed.is_coalesced() and summed.indices().tolist() == [[0, 1, 3]])
    check("sum_by_id leaves the skipped id out", not bool(dense([summed])[0][9].any()))
    if OWN_KERNELS:
        for wrong in (-1, 10):
            ids[0] = wrong
            check_refused(f"sum_by_id refuses the id {wrong}", "index out of range in self",
                          lambda: ops.sum_by_id(rows, ids, 10, -1))
    check_refused("sum_by_id refuses too few ids", "for ids but received", lambda: ops.sum_by_id(rows, ids[1:], 10, -1))
    check_refused("sum_by_id refuses ids that are no integers", "for ids but received",
                  lambda: ops.sum_by_id(rows, ids.float(), 10, -1))


def tables(width, dtype, has_segments=True):
    """Words, positions, weight and bias of the normalisation, and perhaps segments."""
    shapes = [(WORDS, width), (POSITIONS, width), (width,), (width,)] + [(SEGMENTS, width)] * has_segments
    return [values(*shape, dtype=dtype) for shape in shapes]


def embeddings(ids, padding=-1, p=0.0, rows=None):
    """bert_embeddings of the tables."""
    word_ids, position_ids, segment_ids = ids

    def embed(words, positions, weight, bias, segments=None):
        return ops.bert_embeddings(words, word_ids, padding, positions, position_ids, segments,
                                   None if segments is None else segment_ids, weight, bias, 1e-12, p, key(5), rows)

    return embed


def reference(ids, padding, mask):
    word_ids, position_ids, segment_ids = ids

    def embed(words, positions, weight, bias, segments=None):
        look_up = torch.nn.functional.embedding
        total = look_up(word_ids, words, None if padding < 0 else padding) + look_up(position_ids, positions)
        if segments is not None:
            total = total + look_up(segment_ids, segments)
        return torch.nn.functional.layer_norm(total, weight.shape, weight, bias, 1e-12) * mask

    return embed


def check_bert_embeddings():
    # Few tokens: with bfloat16 on the CPU, the LayerNorm that the composition uses is worse than ours, or than the GPU's.
    for tokens, width, p, has_segments, dtype in product((0, 1, 17), (24, 384), (0.0, 0.3), (True, False), TOLERANCE):
        ids = ids_below(WORDS, tokens, torch.int32), ids_below(POSITIONS, tokens), ids_below(SEGMENTS, tokens)
        rows = row_ids(tokens)
        mask = ops.dropout(torch.ones(tokens, width, device=DEVICE, dtype=DOUBLE), p, key(5), rows)
        inputs = tables(width, dtype, has_segments)
        expected = with_gradients(reference(ids, 3, mask), as_double(*inputs))
        actual = dense(with_gradients(embeddings(ids, 3, p, rows), inputs))
        check_close(f"bert_embeddings [{tokens}, {width}] {dtype} p {p} segments {has_segments}", actual, expected,
                    dtype)

    ids = ids_below(WORDS, 30), ids_below(POSITIONS, 30), ids_below(SEGMENTS, 30)
    gradcheck("bert_embeddings gradcheck",
              lambda *t: embeddings(ids, -1, 0.3)(*map(WithDenseGradient.apply, t)), tuple(tables(10, DOUBLE)))
    for has_segments in (True, False):
        inputs = [t.detach() for t in tables(10, DOUBLE, has_segments)]
        inputs[3].requires_grad_()
        (grad,) = torch.autograd.grad(embeddings(ids)(*inputs).sum(), inputs[3])
        check(f"bert_embeddings with frozen tables, segments {has_segments}", torch.equal(grad, torch.full_like(grad, 30)))

    inputs = [t.detach() for t in tables(100, FLOAT)]
    rows, order = row_ids(30), torch.randperm(30).to(DEVICE)
    whole = embeddings(ids, -1, 0.2, rows)(*inputs)
    moved = embeddings([i[order] for i in ids], -1, 0.2, rows[order].contiguous())(*inputs)
    check("bert_embeddings follows the row id", same(moved, whole[order]))
    check_embeddings_refusals(ids, inputs)


def check_embeddings_refusals(ids, inputs):
    words, positions, weight, bias, segments = inputs
    if REFUSES_IDS:
        for place, name in enumerate(("word", "position", "segment")):
            for wrong in (-1, WORDS):
                spoilt = list(ids)
                spoilt[place] = spoilt[place].clone().index_fill_(0, torch.tensor([17]), wrong)
                check_refused(f"bert_embeddings refuses the {name} {wrong}", "index out of range in self",
                              lambda: embeddings(spoilt)(*inputs))
    check_refused("bert_embeddings refuses positions of another width", "for positions but received",
                  lambda: embeddings(ids)(words, positions[:, 1:], weight, bias, segments))
    check_refused("bert_embeddings refuses segments of another data type", "for segments but received",
                  lambda: embeddings(ids)(words, positions, weight, bias, segments.double()))
    check_refused("bert_embeddings refuses a short weight", "for weight and bias but received",
                  lambda: embeddings(ids)(words, positions, weight[1:], bias, segments))
    check_refused("bert_embeddings refuses too few positions", "for position_ids but received",
                  lambda: embeddings((ids[0], ids[1][1:], ids[2]))(*inputs))
    check_refused("bert_embeddings refuses segments without ids", "segments and segment_ids together",
                  lambda: embeddings((ids[0], ids[1], None))(*inputs))
