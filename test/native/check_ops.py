"""Checks every operator of libbert_ops against plain PyTorch in float64.

    python check_ops.py libbert_ops.so                                  the CPU's kernels
    python check_ops.py libbert_ops.so libbert_compositions.so          the compositions for the GPU, run on the CPU
    python check_ops.py libbert_ops.so libbert_cuda.so --device cuda    on a GPU

Needs a Python with the torch that the libraries were built for. Prints one line a check; exits with 1 if any failed.
"""

import argparse
import math
import sys
from itertools import product

import torch

parser = argparse.ArgumentParser()
parser.add_argument("libraries", nargs="+")
parser.add_argument("--device", default="cpu")
arguments = parser.parse_args()
DEVICE = arguments.device
ops = torch.ops.libbert
# The CPU's kernels do every row and every sequence by itself, so its result is the same bits in any batch. Products of
# LibTorch's are not promised that.
OWN_KERNELS = len(arguments.libraries) == 1

FLOAT, BFLOAT, DOUBLE = torch.float32, torch.bfloat16, torch.float64
# Allowed error relative to the largest reference value. bfloat16 keeps 8 bits (4e-3 between neighbours) and rounds
# results, and what is saved for the backward pass, once each; float32 sums some hundred products; float64 only has to
# show that the formula is the same.
TOLERANCE = {FLOAT: 3e-6, BFLOAT: 2e-2, DOUBLE: 1e-12}
LENGTHS = [0, 1, 2, 17, 128, 0, 300]
SHORT_LENGTHS = [3, 0, 1, 7]
failures = 0


def check(name, passed, detail=""):
    global failures
    failures += not passed
    print("ok  " if passed else "FAIL", name, detail)


def error(actual, expected):
    difference = (actual.double().cpu() - expected.cpu()).abs().max().item() if expected.numel() else 0.0
    return difference / max(1.0, expected.abs().max().item() if expected.numel() else 1.0)


def same(actual, expected):
    """Whether a computation in another batch gave the same: the same bits, or what rounding of float32 leaves."""
    return torch.equal(actual, expected) if OWN_KERNELS else error(actual, expected.double()) <= TOLERANCE[FLOAT]


def check_close(name, actual, expected, dtype):
    worst = max(error(a, e) for a, e in zip(actual, expected, strict=True))
    types_kept = all(a.dtype == dtype for a in actual)
    check(name, types_kept and worst <= TOLERANCE[dtype], f"error {worst:.1e}")


def check_refused(name, message, call):
    try:
        call()
    except RuntimeError as exception:
        check(name, message in str(exception), str(exception).split("\n")[0])
    else:
        check(name, False, "was accepted")


def values(*shape, dtype=DOUBLE, grad=True):
    return torch.randn(*shape, dtype=DOUBLE).to(DEVICE, dtype).requires_grad_(grad)


def on_device(scalar):
    return torch.tensor(scalar, device=DEVICE)


def as_double(*tensors):
    return [t.detach().double().requires_grad_(t.requires_grad) for t in tensors]


def with_gradients(function, inputs, seed=0):
    """The outputs of function and the gradients of its inputs for a fixed random output gradient."""
    output = function(*inputs)
    generator = torch.Generator().manual_seed(seed)
    grad = torch.randn(output.shape, generator=generator, dtype=DOUBLE).to(BFLOAT).to(output)
    return [output.detach(), *torch.autograd.grad(output, inputs, grad)]


def gradcheck(name, function, inputs):
    try:
        check(name, torch.autograd.gradcheck(function, inputs))
    except RuntimeError as exception:
        check(name, False, str(exception))


def row_ids(count):
    """Ids as a data set's would be: not in order, some beyond 32 bits."""
    return (torch.randperm(count) * 1_000_003 + (torch.arange(count) % 3 << 33)).to(DEVICE)


def offsets(lengths):
    return torch.tensor([0, *lengths]).cumsum(0).int()


# Linear


def check_linear():
    shapes = [((37, 64), 48), ((2, 5, 30), 7), ((0, 64), 48), ((1, 1), 1)]
    for (shape, size), dtype, biased in product(shapes, TOLERANCE, (True, False)):
        inputs = [values(*shape, dtype=dtype), values(size, shape[-1], dtype=dtype)]
        inputs += [values(size, dtype=dtype)] if biased else []
        expected = with_gradients(torch.nn.functional.linear, as_double(*inputs))
        actual = with_gradients(lambda x, w, b=None: ops.linear(x, w, b), inputs)
        check_close(f"linear {list(shape)} -> {size} {dtype} bias {biased}", actual, expected, dtype)

    x, w, b = values(5, 4), values(3, 4), values(3)
    gradcheck("linear gradcheck", ops.linear, (x, w, b))
    gradcheck("linear gradcheck, weight alone", lambda w: ops.linear(x.detach(), w, None), (w,))
    gradcheck("linear gradcheck, input alone", lambda x: ops.linear(x, w.detach(), b.detach()), (x,))
    gradcheck("linear gradcheck, bias alone", lambda b: ops.linear(x.detach(), w.detach(), b), (b,))
    transposed = values(64, 37, dtype=FLOAT).t()
    weight = values(48, 64, dtype=FLOAT)
    expected = with_gradients(torch.nn.functional.linear, as_double(transposed, weight))
    actual = with_gradients(lambda x, w: ops.linear(x, w, None), [transposed, weight])
    check_close("linear of a transposed input", actual, expected, FLOAT)
    check_refused("linear refuses a wrong width", "for input but received", lambda: ops.linear(values(5, 6), w, b))
    check_refused("linear refuses a wrong bias", "for bias but received", lambda: ops.linear(x, w, values(4)))
    check_refused("linear refuses mixed data types", "for input but received", lambda: ops.linear(x.float(), w, b))


# Dropout


def check_dropout():
    rows, width, p = 200, 300, 0.1
    for dtype in TOLERANCE:
        x = torch.ones(rows, width, device=DEVICE, dtype=dtype, requires_grad=True)
        y = ops.dropout(x, p, 42, None)
        kept = y != 0
        # Five standard deviations of a binomial: wrong in one of two million correct generators.
        spread = 5 * (p * (1 - p) / y.numel()) ** 0.5
        share = 1 - kept.double().mean().item()
        check(f"dropout drops the share p {dtype}", abs(share - p) < spread, f"{share:.4f}")
        scaled = torch.tensor(1 / (1 - p), dtype=FLOAT if dtype == BFLOAT else dtype).to(dtype)
        check(f"dropout scales by 1 / (1 - p) {dtype}", bool((y[kept] == scaled.to(DEVICE)).all()))
        (grad,) = torch.autograd.grad(y.sum(), x)
        check(f"dropout masks forward and backward alike {dtype}", torch.equal(grad, y.detach()))

    x = torch.ones(rows, width, device=DEVICE)
    mask = ops.dropout(x, p, 42, None)
    per_column = (mask == 0).double().mean(0)
    check("dropout treats all columns alike", per_column.max().item() < p + 6 * (p * (1 - p) / rows) ** 0.5)
    neighbours = ((mask[:, 1:] == 0) & (mask[:, :-1] == 0)).double().mean().item()
    check("dropout decides neighbours independently", abs(neighbours - p * p) < 5 * (p * p / x.numel()) ** 0.5)
    check("dropout repeats for the same key", torch.equal(mask, ops.dropout(x, p, 42, None)))
    differing = (mask != ops.dropout(x, p, 43, None)).double().mean().item()
    check("dropout changes with the key", abs(differing - 2 * p * (1 - p)) < 0.01, f"{differing:.4f}")

    ids = row_ids(rows)
    order = torch.randperm(rows).to(DEVICE)
    x = values(rows, width, dtype=FLOAT, grad=False)
    moved = ops.dropout(x[order], p, 42, ids[order].contiguous())
    check("dropout follows the row id, not the row", torch.equal(moved, ops.dropout(x, p, 42, ids)[order]))
    counted = torch.arange(rows, device=DEVICE)
    check("dropout takes the row's number where ids are absent",
          torch.equal(ops.dropout(x, p, 42, None), ops.dropout(x, p, 42, counted)))
    high = ops.dropout(x, p, 42, ids + (1 << 40))
    check("dropout uses all 64 bits of a row id", not torch.equal(high, ops.dropout(x, p, 42, ids)))
    wide = ops.dropout(torch.ones(rows, 307, device=DEVICE), p, 42, None)
    check("dropout's mask does not depend on the width", torch.equal(wide[:, :width], mask))
    check("dropout of p = 0 is the identity", torch.equal(ops.dropout(x, 0.0, 42, None), x))
    check("dropout of no rows", ops.dropout(x[:0], p, 42, None).shape == (0, width))
    gradcheck("dropout gradcheck", lambda x: ops.dropout(x, 0.3, 7, None), (values(5, 9),))
    check_philox()
    check_refused("dropout refuses p = 1", "for p but received", lambda: ops.dropout(x, 1.0, 42, None))
    check_refused("dropout refuses int32 ids", "for row_ids", lambda: ops.dropout(x, p, 42, ids.int()))
    check_refused("dropout refuses too few ids", "for row_ids", lambda: ops.dropout(x, p, 42, ids[1:]))


def philox(counter, key):
    """Philox4x32-10 in plain integers."""
    a, b, c, d = counter
    low, high = key
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (right >> 32) ^ b ^ low, right & 0xFFFFFFFF, (left >> 32) ^ d ^ high, left & 0xFFFFFFFF
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def mixed(key):
    """The finaliser of SplitMix64, low and high word."""
    z = (key + 0x9E3779B97F4A7C15) & (1 << 64) - 1
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (1 << 64) - 1
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (1 << 64) - 1
    z ^= z >> 31
    return z & 0xFFFFFFFF, z >> 32


def kept(p, key, row, columns, plane=0):
    words = [word for block in range((columns + 3) // 4)
             for word in philox((row & 0xFFFFFFFF, row >> 32, block, plane), mixed(key))]
    return torch.tensor([word >= int(p * 2**32) for word in words[:columns]])


def check_philox():
    # The known answer for counter and key of zeros that comes with the reference implementation, Random123.
    check("this file's Philox gives the known answer",
          philox((0, 0, 0, 0), (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8))
    ids = torch.tensor([5, (1 << 35) + 9], device=DEVICE)
    expected = torch.stack([kept(0.4, 77, row, 150) for row in ids.tolist()])
    actual = ops.dropout(torch.ones(2, 150, device=DEVICE), 0.4, 77, ids) != 0
    check("dropout draws Philox4x32-10", torch.equal(actual.cpu(), expected))


# Dropout, addition and layer normalisation


def layer_norm_reference(mask):
    def reference(x, residual, weight, bias):
        return torch.nn.functional.layer_norm(residual + x * mask, x.shape[-1:], weight, bias, 1e-5)

    return reference


def check_dropout_add_layer_norm():
    for rows, width, p, dtype in product((0, 1, 61), (24, 384), (0.0, 0.3), TOLERANCE):
        ids = row_ids(rows)
        mask = ops.dropout(torch.ones(rows, width, device=DEVICE, dtype=DOUBLE), p, 3, ids)
        inputs = [values(*shape, dtype=dtype) for shape in ((rows, width), (rows, width), (width,), (width,))]
        expected = with_gradients(layer_norm_reference(mask), as_double(*inputs))
        actual = with_gradients(lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, p, 3, ids), inputs)
        check_close(f"dropout_add_layer_norm [{rows}, {width}] {dtype} p {p}", actual, expected, dtype)

    inputs = (values(4, 10), values(4, 10), values(10), values(10))
    gradcheck("dropout_add_layer_norm gradcheck", lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, 0.3, 9, None), inputs)
    far = [values(8, 384, dtype=FLOAT, grad=False) + 1000 for _ in range(2)]
    ones, zeros = torch.ones(384, device=DEVICE), torch.zeros(384, device=DEVICE)
    far_expected = torch.nn.functional.layer_norm((far[0] + far[1]).double(), (384,))
    far_error = error(ops.dropout_add_layer_norm(*far, ones, zeros, 1e-5, 0.0, 0, None), far_expected)
    # The sums lie near 2000, where float32, and so the mean, has steps of 1.2e-4. A variance taken as E[x^2] - E[x]^2
    # would have an error near 0.1 here.
    check("dropout_add_layer_norm far from zero", far_error < 1e-4, f"error {far_error:.1e}")

    x, residual = values(50, 100, dtype=FLOAT, grad=False), values(50, 100, dtype=FLOAT, grad=False)
    weight, bias = values(100, dtype=FLOAT, grad=False), values(100, dtype=FLOAT, grad=False)
    ids, order = row_ids(50), torch.randperm(50).to(DEVICE)
    whole = ops.dropout_add_layer_norm(x, residual, weight, bias, 1e-5, 0.2, 8, ids)
    moved = ops.dropout_add_layer_norm(x[order], residual[order], weight, bias, 1e-5, 0.2, 8, ids[order].contiguous())
    check("dropout_add_layer_norm follows the row id", same(moved, whole[order]))
    check_refused("dropout_add_layer_norm refuses another residual", "for residual but received",
                  lambda: ops.dropout_add_layer_norm(x, residual[1:], weight, bias, 1e-5, 0.0, 8, None))
    check_refused("dropout_add_layer_norm refuses another weight", "for weight but received",
                  lambda: ops.dropout_add_layer_norm(x, residual, weight[1:], bias, 1e-5, 0.0, 8, None))


# Attention


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
    for size, dtype, causal in product((32, 64, 24), TOLERANCE, (False, True)):
        qkv = values(sum(LENGTHS), 3 * 2 * size, dtype=dtype)
        expected = with_gradients(attention_reference(LENGTHS, 2, causal), as_double(qkv))
        actual = with_gradients(
            lambda x: ops.varlen_attention(x, offsets(LENGTHS), 300, 2, 0.0, 0, None, causal), [qkv])
        check_close(f"varlen_attention head {size} {dtype} causal {causal}", actual, expected, dtype)

    lengths = [5, 0, 1, 70, 12]
    for size, dtype, causal in product((32, 24), TOLERANCE, (False, True)):
        if DEVICE != "cpu" and dtype == BFLOAT:
            continue  # the fused kernels' own dropout: check_fused_dropout
        ids = row_ids(sum(lengths))
        qkv = values(sum(lengths), 3 * 2 * size, dtype=dtype)
        expected = with_gradients(attention_reference(lengths, 2, causal, 0.3, 11, ids), as_double(qkv))
        actual = with_gradients(lambda x: ops.varlen_attention(x, offsets(lengths), 70, 2, 0.3, 11, ids, causal), [qkv])
        check_close(f"varlen_attention with dropout, head {size} {dtype} causal {causal}", actual, expected, dtype)

    check_fused_dropout()
    packed = values(sum(lengths), 3 * 64, dtype=FLOAT, grad=False)
    from_cpu = ops.varlen_attention(packed, offsets(lengths), 70, 2, 0.0, 0, None, False)
    from_device = ops.varlen_attention(packed, offsets(lengths).to(DEVICE), 70, 2, 0.0, 0, None, False)
    check("varlen_attention takes offsets from the CPU and from its device", torch.equal(from_cpu, from_device))
    wider = ops.varlen_attention(packed, offsets(lengths), 99, 2, 0.0, 0, None, False)
    check("varlen_attention takes a larger max_seqlen than the longest", same(wider, from_cpu))

    tokens = sum(SHORT_LENGTHS)
    for size, p, causal in product((3, 16), (0.0, 0.4), (False, True)):
        gradcheck(f"varlen_attention gradcheck head {size} p {p} causal {causal}",
                  lambda x: ops.varlen_attention(x, offsets(SHORT_LENGTHS), 7, 2, p, 5, None, causal),
                  (values(tokens, 3 * 2 * size),))

    check_attention_order()
    huge = values(20, 3 * 64, dtype=FLOAT, grad=False) * 100
    expected = attention_reference([20], 2, False)(huge.double())
    actual = ops.varlen_attention(huge, offsets([20]), 20, 2, 0.0, 0, None, False)
    # Scores reach 1e5 here, where float32 has steps of 8e-3: a weight is known to about a hundredth.
    check("varlen_attention of huge scores", bool(actual.isfinite().all()) and error(actual, expected) < 1e-2)
    poisoned = huge.clone()
    poisoned[3, 5] = float("nan")
    result = ops.varlen_attention(poisoned, offsets([10, 10]), 10, 2, 0.0, 0, None, False)
    check("varlen_attention passes NaN on, within its sequence",
          bool(result[3].isnan().any()) and bool(result[10:].isfinite().all()))
    empty = ops.varlen_attention(huge[:0], offsets([]), 0, 2, 0.0, 0, None, False)
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
    weights = ops.varlen_attention(qkv, offsets(lengths), max(lengths), heads, p, key, None, False)
    return (weights != 0).view(-1, heads, size)  # [token, head, key]


def check_fused_dropout():
    """Fused kernels draw dropout themselves: any mask will do, if it is one of the key, and the same in backward."""
    lengths, heads, size, p = [5, 0, 1, 60, 12], 2, 64, 0.3
    mask = recovered_mask(lengths, heads, size, 11, p)
    dropped = sum(heads * length * length - mask[start:start + length, :, :length].sum().item()
                  for start, length in zip(offsets(lengths).tolist(), lengths))
    drawn = heads * sum(length * length for length in lengths)
    check("fused dropout drops the share p", abs(dropped / drawn - p) < 5 * (p * (1 - p) / drawn) ** 0.5,
          f"{dropped / drawn:.4f}")
    check("fused dropout repeats for the same key", torch.equal(mask, recovered_mask(lengths, heads, size, 11, p)))
    check("fused dropout changes with the key", not torch.equal(mask, recovered_mask(lengths, heads, size, 12, p)))

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
    actual = with_gradients(lambda x: ops.varlen_attention(x, offsets(lengths), 60, heads, p, 11, None, False), [qkv])
    check_close("varlen_attention with fused dropout", actual, expected, BFLOAT)
    after = torch.get_rng_state() if DEVICE == "cpu" else torch.cuda.get_rng_state()
    check("fused dropout leaves the generator as it was", torch.equal(generator, after))


def check_attention_order():
    lengths = [5, 40, 1, 100]
    qkv, ids = values(sum(lengths), 3 * 64, dtype=FLOAT), row_ids(sum(lengths))
    order = [3, 0, 2, 1]
    starts = offsets(lengths).tolist()
    tokens = torch.cat([torch.arange(starts[i], starts[i + 1]) for i in order]).to(DEVICE)
    whole = with_gradients(lambda x: ops.varlen_attention(x, offsets(lengths), 100, 2, 0.3, 5, ids, False), [qkv])
    moved_lengths = [lengths[i] for i in order]
    moved = ops.varlen_attention(qkv[tokens], offsets(moved_lengths), 100, 2, 0.3, 5, ids[tokens].contiguous(), False)
    check("varlen_attention does not depend on the order of the sequences", same(moved, whole[0][tokens]))
    alone = ops.varlen_attention(qkv[5:45], offsets([40]), 40, 2, 0.3, 5, ids[5:45].contiguous(), False)
    check("varlen_attention of a sequence alone is that of the batch", same(alone, whole[0][5:45]))


def check_attention_refusals(qkv):
    def attention(cu_seqlens, longest=20, heads=2):
        return lambda: ops.varlen_attention(qkv, cu_seqlens, longest, heads, 0.0, 0, None, False)

    check_refused("varlen_attention refuses int64 offsets", "for cu_seqlens", attention(offsets([20]).long()))
    check_refused("varlen_attention refuses offsets that miss the end", "for cu_seqlens", attention(offsets([19])))
    falling = torch.tensor([0, 15, 10, 20], dtype=torch.int32)
    check_refused("varlen_attention refuses falling offsets", "for cu_seqlens", attention(falling))
    check_refused("varlen_attention refuses too small a max_seqlen", "for max_seqlen", attention(offsets([20]), 19))
    check_refused("varlen_attention refuses heads that do not divide", "for qkv", attention(offsets([20]), 20, 7))


# Optimizer


def check_adamw():
    size, steps = 10_001, 5
    options = dict(lr=1e-2, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
    for weight_dtype, grad_dtype in product((FLOAT, BFLOAT), (FLOAT, BFLOAT)):
        master = values(size, dtype=FLOAT, grad=False)
        weight = master if weight_dtype == FLOAT else master.bfloat16()
        mean, square = torch.zeros_like(master), torch.zeros_like(master)
        reference = torch.nn.Parameter(master.double())
        optimizer = torch.optim.AdamW([reference], **options)
        for step in range(1, steps + 1):
            grad = (values(size, grad=False) * 3).to(grad_dtype)
            reference.grad = grad.double() * 0.25
            optimizer.step()
            corrections = 1 - 0.9**step, 1 - 0.98**step
            ops.adamw_(master, weight, grad, mean, square, 1e-2, 0.9, 0.98, 1e-6, 0.1, *corrections, on_device(0.25))
        state = optimizer.state[reference]
        check_close(f"adamw_ weight {weight_dtype} grad {grad_dtype}", [master, mean, square],
                    [reference.detach(), state["exp_avg"], state["exp_avg_sq"]], FLOAT)
        check(f"adamw_ rounds master into weight {weight_dtype} grad {grad_dtype}",
              torch.equal(weight, master.to(weight_dtype)))

    master, mean, square = (values(100, dtype=FLOAT, grad=False).abs() for _ in range(3))
    grad = values(100, dtype=FLOAT, grad=False)
    next_mean, next_square = 0.9 * mean.double() + 0.1 * grad, 0.999 * square.double() + 0.001 * grad.double() ** 2
    update = next_mean / (next_square.sqrt() + 1e-6) + 0.01 * master.double()
    expected = master.double() - 2e-5 * update
    ops.adamw_(master, master, grad, mean, square, 2e-5, 0.9, 0.999, 1e-6, 0.01, 1.0, 1.0, on_device(1.0))
    check_close("adamw_ without bias correction, as BERT's", [master, mean, square],
                [expected, next_mean, next_square], FLOAT)
    check_refused("adamw_ refuses a short gradient", "for grad but received",
                  lambda: ops.adamw_(master, master, grad[1:], mean, square, 1.0, 0.9, 0.999, 1e-6, 0.0, 1.0, 1.0,
                                     on_device(1.0)))
    check_refused("adamw_ refuses a vector of scales", "for grad_scale but received",
                  lambda: ops.adamw_(master, master, grad, mean, square, 1.0, 0.9, 0.999, 1e-6, 0.0, 1.0, 1.0,
                                     torch.ones(1)))
    check_adamw_guard(master, grad, mean, square)


def check_adamw_guard(master, grad, mean, square):
    """A scale that is not finite leaves everything as it is, whatever the gradient holds."""
    spoilt = torch.full_like(grad, math.nan)
    for scale in (math.nan, math.inf, -math.inf):
        weight = master.bfloat16()
        before = [t.clone() for t in (master, weight, mean, square)]
        ops.adamw_(master, weight, spoilt, mean, square, 1.0, 0.9, 0.999, 1e-6, 0.1, 1.0, 1.0, on_device(scale))
        unchanged = all(torch.equal(*pair) for pair in zip(before, (master, weight, mean, square)))
        check(f"adamw_ with a scale of {scale} changes nothing", unchanged)


def check_sum_of_squares():
    for size, dtype in product((0, 1, 8192, 100_003), TOLERANCE):
        flat = values(size, dtype=dtype, grad=False)
        actual, expected = ops.sum_of_squares(flat), flat.double().square().sum()
        # Both sum in float64, in different orders.
        close = abs(actual.item() - expected.item()) <= 1e-12 * expected.item()
        check(f"sum_of_squares of {size} {dtype}", close and actual.dtype == DOUBLE and actual.shape == ())
    flat = values((1 << 24) + 5, dtype=FLOAT, grad=False)  # more than a composition sums at once
    actual, expected = ops.sum_of_squares(flat), flat.double().square().sum()
    check("sum_of_squares of many", abs(actual.item() - expected.item()) <= 1e-12 * expected.item())
    check("sum_of_squares repeats bit for bit", torch.equal(actual, ops.sum_of_squares(flat)))


# Threads


def check_threads():
    lengths = [50, 3, 128, 0, 90, 64] * 4
    tokens, hidden = sum(lengths), 192
    shapes = ((tokens, 3 * hidden), (tokens, hidden), (tokens, hidden), (hidden,), (hidden,))
    qkv, x, residual, weight, bias = (values(*shape, dtype=FLOAT) for shape in shapes)

    def everything():
        return [
            *with_gradients(lambda x: ops.varlen_attention(x, offsets(lengths), 128, 6, 0.1, 3, None, False), [qkv]),
            *with_gradients(lambda *a: ops.dropout_add_layer_norm(*a, 1e-5, 0.1, 3, None), [x, residual, weight, bias]),
            *with_gradients(lambda x: ops.dropout(x, 0.1, 3, None), [x]),
            ops.sum_of_squares(x.detach().flatten()),
        ]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = everything()
    for count in (2, 3):
        torch.set_num_threads(count)
        same = all(torch.equal(a, b) for a, b in zip(alone, everything(), strict=True))
        check(f"{count} threads give the same bits as one", same)
    torch.set_num_threads(threads)


def check_inference():
    with torch.inference_mode():
        x, weight = values(6, 12, dtype=FLOAT, grad=False), values(12, dtype=FLOAT, grad=False)
        outputs = [
            ops.linear(x, values(4, 12, dtype=FLOAT, grad=False), None),
            ops.dropout(x, 0.1, 1, None),
            ops.dropout_add_layer_norm(x, x, weight, weight, 1e-5, 0.1, 1, None),
            ops.varlen_attention(x, offsets([6]), 6, 2, 0.1, 1, None, False),
        ]
    check("operators run in inference mode", all(y.is_inference() and bool(y.isfinite().all()) for y in outputs))


# The compositions and the CPU's kernels


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


def main():
    torch.manual_seed(0)
    torch.ops.load_library(arguments.libraries[0])
    kernels = dropout_masks()
    for library in arguments.libraries[1:]:
        torch.ops.load_library(library)
    check_linear()
    check_dropout()
    check_dropout_add_layer_norm()
    check_attention()
    check_adamw()
    check_sum_of_squares()
    check_inference()
    if OWN_KERNELS:
        check_threads()
    if hasattr(torch.ops.libbert_test, "drop_with_kernel"):
        check_masks(kernels)
    print(f"{failures} failed" if failures else "all passed")
    sys.exit(1 if failures else 0)


main()
