"""The linear layer."""

from itertools import product

import torch

from checks.checking import (
    FLOAT, TOLERANCE, as_double, check_close, check_refused, gradcheck, ops, values,
    with_gradients,
)


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
