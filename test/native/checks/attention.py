"""Attention over packed sequences."""

from itertools import product

import torch

from checks.checking import (
    BFLOAT, DEVICE, FLOAT, TOLERANCE, as_double, attend, check, check_close, check_refused, error, gradcheck, offsets,
    row_ids, same, values, with_gradients,
)
from checks.philox import kept

LENGTHS = [0, 1, 2, 17, 128, 0, 300]
EQUAL_LENGTHS = [128, 128, 128]
SHORT_LENGTHS = [3, 0, 1, 7]


def attention_reference(lengths, heads, causal, p=0.0, key=0, ids=None):
    def reference(qkv):
        hidden = qkv.shape[1] // 3
        outputs, first = [], 0
        for length in lengths:
            rows = qkv[first:first + length]
            query, keys, value = rows.view(length, 3, heads, hidden // heads).permute(1, 2, 0, 3)
            scores = query @ keys.transpose(1, 2) / (hidden // heads) ** 0.5
            if causal:
                future = torch.ones(length, length, dtype=torch.bool, device=qkv.device).triu(1)
                scores = scores.masked_fill(future, float("-inf"))
            weights = scores.softmax(-1)
            if p > 0:
                weights = weights * attention_mask(length, heads, p, key, ids[first:first + length]) / (1 - p)
            outputs.append((weights @ value).transpose(0, 1).reshape(length, hidden))
            first += length
        return torch.cat(outputs)

    return reference


def attention_mask(length, heads, p, key, ids):
    """[heads, length, length]: the decision for a query, a key position and a head."""
    masks = [[kept(p, key, row, length, head) for row in ids.tolist()] for head in range(heads)]
    return torch.stack([torch.stack(rows) if rows else torch.zeros(0, 0) for rows in masks]).to(DEVICE)


def check_attention():
    sizes = [*product((LENGTHS,), (32, 64, 24, 7)), (EQUAL_LENGTHS, 64)]
    for (lengths, size), dtype, causal in product(sizes, TOLERANCE, (False, True)):
        qkv = values(sum(lengths), 3 * 2 * size, dtype=dtype)
        expected = with_gradients(attention_reference(lengths, 2, causal), as_double(qkv))
        actual = with_gradients(
            lambda x: attend(x, offsets(lengths), max(lengths), 2, 0.0, 0, None, causal), [qkv])
        check_close(f"varlen_attention of {lengths} head {size} {dtype} causal {causal}", actual, expected, dtype)

    lengths = [5, 0, 1, 70, 12]
    for size, dtype, causal in product((32, 24, 5), TOLERANCE, (False, True)):
        if DEVICE != "cpu" and dtype == BFLOAT:
            continue  # the fused kernels' own dropout: check_fused_dropout
        ids = row_ids(sum(lengths))
        qkv = values(sum(lengths), 3 * 2 * size, dtype=dtype)
        expected = with_gradients(attention_reference(lengths, 2, causal, 0.3, 11, ids), as_double(qkv))
        actual = with_gradients(lambda x: attend(x, offsets(lengths), 70, 2, 0.3, 11, ids, causal), [qkv])
        check_close(f"varlen_attention with dropout, head {size} {dtype} causal {causal}", actual, expected, dtype)

    for dtype in TOLERANCE:
        qkv = values(sum(lengths), 3 * 64, dtype=dtype)
        attended = attend(qkv, offsets(lengths), 70, 2, 1.0, 11, None, False)
        (grad,) = torch.autograd.grad(attended.sum(), qkv)
        check(f"varlen_attention of p = 1 gives zeros, and gradients of zero, {dtype}", not attended.any() and not grad.any())

    # cuDNN drops in steps of 1/16.
    check_fused_dropout([5, 0, 1, 60, 12], size=64, p=0.25)
    check_fused_dropout([128, 128], size=128, p=0.25)
    packed = values(sum(lengths), 3 * 64, dtype=FLOAT, grad=False)
    from_cpu = attend(packed, offsets(lengths), 70, 2, 0.0, 0, None, False)
    from_device = attend(packed, offsets(lengths).to(DEVICE), 70, 2, 0.0, 0, None, False)
    check("varlen_attention takes offsets from the CPU and from its device", torch.equal(from_cpu, from_device))
    wider = attend(packed, offsets(lengths), 99, 2, 0.0, 0, None, False)
    check("varlen_attention takes a larger max_seqlen than the longest", same(wider, from_cpu))

    tokens = sum(SHORT_LENGTHS)
    for size, p, causal in product((3, 16), (0.0, 0.4), (False, True)):
        gradcheck(f"varlen_attention gradcheck head {size} p {p} causal {causal}",
                  lambda x: attend(x, offsets(SHORT_LENGTHS), 7, 2, p, 5, None, causal),
                  (values(tokens, 3 * 2 * size),))

    check_attention_order()
    huge = values(20, 3 * 64, dtype=FLOAT, grad=False) * 100
    expected = attention_reference([20], 2, False)(huge.double())
    actual = attend(huge, offsets([20]), 20, 2, 0.0, 0, None, False)
    # Scores reach 1e5 here, where float32 has steps of 8e-3: a weight is known to about a hundredth.
    check("varlen_attention of huge scores", bool(actual.isfinite().all()) and error(actual, expected) < 1e-2)
    poisoned = huge.clone()
    poisoned[3, 5] = float("nan")
    result = attend(poisoned, offsets([10, 10]), 10, 2, 0.0, 0, None, False)
    check("varlen_attention passes NaN on, within its sequence",
          bool(result[3].isnan().any()) and bool(result[10:].isfinite().all()))
    empty = attend(huge[:0], offsets([]), 0, 2, 0.0, 0, None, False)
    check("varlen_attention of no sequences", empty.shape == (0, 64))
    check_attention_refusals(huge)


def recovered_mask(lengths, heads, size, key, p):
    """
    What dropout kept of the attention weights, read from the outside: with queries and keys of zero all weights are
    alike, and with the unit matrix for values they are the output. Sequences may be as long as a head is wide.
    """
    parts = torch.zeros(sum(lengths), 3, heads, size, dtype=BFLOAT)
    for start, length in zip(offsets(lengths).tolist(), lengths):
        parts[start:start + length, 2] = torch.eye(length, size, dtype=BFLOAT).unsqueeze(1)
    qkv = parts.view(sum(lengths), -1).to(DEVICE)
    weights = attend(qkv, offsets(lengths), max(lengths), heads, p, key, None, False)
    return (weights != 0).view(-1, heads, size)  # [token, head, key]


def check_fused_dropout(lengths, size, p):
    """Fused kernels draw dropout themselves: any mask will do, if it is one of the key, and the same in backward."""
    heads = 2
    mask = recovered_mask(lengths, heads, size, 11, p)
    dropped = sum(heads * length * length - mask[start:start + length, :, :length].sum().item()
                  for start, length in zip(offsets(lengths).tolist(), lengths))
    drawn = heads * sum(length * length for length in lengths)
    check(f"fused dropout of {lengths} drops the fraction p", abs(dropped / drawn - p) < 5 * (p * (1 - p) / drawn) ** 0.5,
          f"{dropped / drawn:.4f}")
    check(f"fused dropout of {lengths} repeats for the same key",
          torch.equal(mask, recovered_mask(lengths, heads, size, 11, p)))
    check(f"fused dropout of {lengths} changes with the key",
          not torch.equal(mask, recovered_mask(lengths, heads, size, 12, p)))

    def reference(qkv):
        outputs = []
        for start, length in zip(offsets(lengths).tolist(), lengths):
            query, keys, value = qkv[start:start + length].view(length, 3, heads, size).permute(1, 2, 0, 3)
            weights = (query @ keys.transpose(1, 2) / size**0.5).softmax(-1)
            kept_weights = mask[start:start + length, :, :length].transpose(0, 1)
            outputs.append((weights * kept_weights / (1 - p) @ value).transpose(0, 1).reshape(length, heads * size))
        return torch.cat(outputs)

    qkv = values(sum(lengths), 3 * heads * size, dtype=BFLOAT)
    expected = with_gradients(reference, as_double(qkv))
    generator = torch.get_rng_state() if DEVICE == "cpu" else torch.cuda.get_rng_state()
    actual = with_gradients(
        lambda x: attend(x, offsets(lengths), max(lengths), heads, p, 11, None, False), [qkv])
    check_close(f"varlen_attention of {lengths} with fused dropout", actual, expected, BFLOAT)
    after = torch.get_rng_state() if DEVICE == "cpu" else torch.cuda.get_rng_state()
    check(f"fused dropout of {lengths} leaves the generator as it was", torch.equal(generator, after))


def check_attention_order():
    lengths = [5, 40, 1, 100]
    qkv, ids = values(sum(lengths), 3 * 64, dtype=FLOAT), row_ids(sum(lengths))
    order = [3, 0, 2, 1]
    starts = offsets(lengths).tolist()
    tokens = torch.cat([torch.arange(starts[i], starts[i + 1]) for i in order]).to(DEVICE)
    whole = with_gradients(lambda x: attend(x, offsets(lengths), 100, 2, 0.3, 5, ids, False), [qkv])
    moved_lengths = [lengths[i] for i in order]
    moved = attend(qkv[tokens], offsets(moved_lengths), 100, 2, 0.3, 5, ids[tokens].contiguous(), False)
    check("varlen_attention does not depend on the order of the sequences", same(moved, whole[0][tokens]))
    alone = attend(qkv[5:45], offsets([40]), 40, 2, 0.3, 5, ids[5:45].contiguous(), False)
    check("varlen_attention of a sequence alone is that of the batch", same(alone, whole[0][5:45]))


def check_attention_refusals(qkv):
    def attention(cu_seqlens, longest=20, heads=2):
        return lambda: attend(qkv, cu_seqlens, longest, heads, 0.0, 0, None, False)

    check_refused("varlen_attention refuses int64 offsets", "for cu_seqlens", attention(offsets([20]).long()))
    check_refused("varlen_attention refuses offsets that miss the end", "for cu_seqlens", attention(offsets([19])))
    falling = torch.tensor([0, 15, 10, 20], dtype=torch.int32)
    check_refused("varlen_attention refuses falling offsets", "for cu_seqlens", attention(falling))
    check_refused("varlen_attention refuses too small a max_seqlen", "for max_seqlen", attention(offsets([20]), 19))
    check_refused("varlen_attention refuses heads that do not divide", "for qkv", attention(offsets([20]), 20, 7))
