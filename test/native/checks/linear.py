"""The linear layer."""

from itertools import product

import torch

from checks.checking import (
    DOUBLE, FLOAT, TOLERANCE, as_double, check, check_close, check_refused, gradcheck, ops, values,
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
    check_added_gradients()
    check_linear_gradients()
    check_residuals()
    check_refused("linear refuses a wrong width", "for input but received", lambda: ops.linear(values(5, 6), w, b))
    check_refused("linear refuses a wrong bias", "for bias but received", lambda: ops.linear(x, w, values(4)))
    check_refused("linear refuses mixed data types", "for input but received", lambda: ops.linear(x.float(), w, b))


def check_linear_gelu():
    for (shape, size), dtype, tanh in product([((37, 64), 200), ((2, 5, 30), 7), ((0, 64), 48)], TOLERANCE, (False, True)):
        inputs = [values(*shape, dtype=dtype), values(size, shape[-1], dtype=dtype), values(size, dtype=dtype)]
        form = "tanh" if tanh else "none"
        expected = with_gradients(lambda *a: torch.nn.functional.gelu(torch.nn.functional.linear(*a), approximate=form),
                                  as_double(*inputs))
        actual = with_gradients(lambda *a: ops.linear_gelu(*a, tanh), inputs)
        check_close(f"linear_gelu {list(shape)} -> {size} {dtype} {form}", actual, expected, dtype)

    x, w, b = values(5, 4), values(3, 4), values(3)
    for tanh in (False, True):
        gradcheck(f"linear_gelu gradcheck, tanh {tanh}", lambda *a: ops.linear_gelu(*a, tanh), (x, w, b))
        extremes = torch.tensor([-3e4, -200.0, -88.0, -14.0, -1e-30, 0.0, 1e-30, 14.0, 88.0, 200.0, 3e4])
        for dtype in TOLERANCE:
            points = extremes.to(device=x.device, dtype=dtype)
            expected = torch.nn.functional.gelu(points.double(), approximate="tanh" if tanh else "none")
            # GELU is known to 1e-7 of x, not of itself: far below zero it is nothing.
            far = (ops.gelu(points, tanh).double() - expected).abs() <= TOLERANCE[dtype] * points.double().abs()
            check(f"gelu of extremes, {dtype}, tanh {tanh}", bool(far.all()))
    check_refused("gelu_backward refuses another shape", "for grad but received",
                  lambda: ops.gelu_backward(values(5, 3), values(5, 4), False))
    check_refused("gelu_backward refuses a vector", "for x but received",
                  lambda: ops.gelu_backward(values(5), values(5), False))


def check_linear_gradients():
    """What the backward pass of a layer asks for where its weight's gradient is only added to."""
    shapes = [(0, 64, 48), (1, 64, 48), (37, 64, 48), (301, 48, 64), (37, 30, 7), (5, 1, 1)]
    for (tokens, width, outputs), dtype in product(shapes, TOLERANCE):
        grad, x = values(tokens, outputs, dtype=dtype, grad=False), values(tokens, width, dtype=dtype, grad=False)
        # As in a flat buffer, and where nothing is aligned.
        for begin, transposed in ((32, False), (1, False), (32, True)):
            flat = values(begin + outputs * width + 8, dtype=dtype, grad=False)
            added = flat[begin:begin + outputs * width].view(outputs, width)
            given = grad.t().contiguous().t() if transposed else grad
            expected, before = added.double() + grad.double().t() @ x.double(), flat.clone()
            bias = ops.linear_gradients_(added, given, x)
            name = f"linear_gradients_ [{tokens}, {width}] -> {outputs} {dtype} from {begin}, transposed {transposed}"
            check_close(name, [added, bias], [expected, grad.double().sum(0)], dtype)
            beside = torch.equal(flat[:begin], before[:begin]) and torch.equal(flat[-8:], before[-8:])
            check(f"{name} leaves what lies beside it", beside)
    sum_of, grad, x = (values(*shape, dtype=FLOAT, grad=False) for shape in ((3, 4), (5, 3), (5, 4)))
    check_refused("linear_gradients_ refuses another number of tokens", "for grad but received",
                  lambda: ops.linear_gradients_(sum_of, grad[1:], x))
    check_refused("linear_gradients_ refuses another shape", "for weight_gradient but received",
                  lambda: ops.linear_gradients_(sum_of.t(), grad, x))
    check_refused("linear_gradients_ refuses mixed data types", "for grad and weight_gradient but received",
                  lambda: ops.linear_gradients_(sum_of, grad.double(), x))


def check_residuals():
    """The input that a residual connection takes from a layer: its gradient is that of both ways."""
    layers = {
        "linear": (ops.linear_with_residual, torch.nn.functional.linear),
        "linear_gelu": (lambda *a: ops.linear_gelu_with_residual(*a, False),
                        lambda *a: torch.nn.functional.gelu(torch.nn.functional.linear(*a))),
    }
    for (name, (own, plain)), shape, dtype in product(layers.items(), ((37, 64), (2, 5, 64)), TOLERANCE):
        inputs = [values(*shape, dtype=dtype), values(64, 64, dtype=dtype), values(64, dtype=dtype)]
        around = {
            "around it": (lambda y, x: y * x.tanh(), True),
            "whose gradient is the output's": (lambda y, x: y + x, True),
            "alone": (lambda y, x: x.square(), False),
        }
        for how, (join, uses_output) in around.items():
            own_inputs, plain_inputs = [t.detach().requires_grad_() for t in inputs], as_double(*inputs)
            join(*own(*own_inputs)).sum().backward()
            join(plain(*plain_inputs), plain_inputs[0]).sum().backward()
            used = 3 if uses_output else 1
            check_close(f"{name}_with_residual {how} {list(shape)} {dtype}",
                        [t.grad for t in own_inputs[:used]], [t.grad for t in plain_inputs[:used]], dtype)

    x, w, b = values(5, 4), values(4, 4), values(4)
    gradcheck("linear_with_residual gradcheck", lambda *a: torch.mul(*ops.linear_with_residual(*a)), (x, w, b))
    output, residual = ops.linear_with_residual(x, w, b)
    kept = []
    residual.register_hook(lambda grad: kept.append((grad, grad.clone())))
    (output * residual).sum().backward()
    check("linear_with_residual leaves a gradient that somebody keeps", torch.equal(*kept[0]))


def check_added_gradients():
    """Parameters that have a gradient already: it is added to, unless somebody looks at it on its way."""
    for dtype, twice in product(TOLERANCE, (False, True)):
        inputs = [values(*shape, dtype=dtype) for shape in ((37, 64), (48, 64), (48,), (48,), (48,))]
        expected = as_double(*inputs)
        for own, plain in zip(inputs[1:], expected[1:]):
            before = values(*own.shape, dtype=dtype, grad=False)
            own.grad, plain.grad = before.clone(), before.double()
        layer_norm = lambda y, w, b: ops.dropout_add_layer_norm(y, torch.zeros_like(y), w, b, 1e-5, 0.0, None, None)
        plain_norm = lambda y, w, b: torch.nn.functional.layer_norm(y, (48,), w, b)
        for linear, normalise, (x, w, b, scale, shift) in (
            (ops.linear, layer_norm, inputs), (torch.nn.functional.linear, plain_norm, expected)):
            output = normalise(linear(x, w, b), scale, shift).tanh()
            (output * normalise(linear(x, w, b), scale, shift) if twice else output).sum().backward()
        check_close(f"linear and LayerNorm add to gradients, {dtype}, used twice {twice}", [t.grad for t in inputs],
                    [t.grad for t in expected], dtype)

    x, w = values(5, 4, dtype=DOUBLE), values(3, 4, dtype=DOUBLE)
    alone = torch.ones(5, 3, dtype=DOUBLE).t() @ x.detach()
    backward = lambda **options: ops.linear(x, w, None).sum().backward(**options)

    def check_gradient(name, expected):
        check(f"linear's gradient {name}", torch.allclose(w.grad, expected))
        w.grad = torch.ones_like(w)

    w.grad = torch.ones_like(w)
    kept = w.grad
    backward()
    check("linear's gradient is added in place", w.grad is kept or w.grad.data_ptr() == kept.data_ptr())
    check_gradient("is added", 1 + alone)
    hook = w.register_hook(lambda grad: 2 * grad)
    backward()
    hook.remove()
    check_gradient("passes a hook", 1 + 2 * alone)
    calls = []
    hook = w.register_post_accumulate_grad_hook(lambda parameter: calls.append(parameter.grad.clone()))
    backward()
    hook.remove()
    check("a hook behind linear's gradient is called once", len(calls) == 1 and torch.allclose(calls[0], 1 + alone))
    check_gradient("is added before that hook", 1 + alone)
    (asked,) = torch.autograd.grad(ops.linear(x, w, None).sum(), [w])
    check("linear's gradient is handed over to who asks for it", torch.allclose(asked, alone))
    check_gradient("stays as it is then", torch.ones_like(w))
    backward(create_graph=True)
    check_gradient("is added by autograd where backward is recorded", 1 + alone)
    w.grad = torch.ones_like(w).to_sparse()
    backward()
    check_gradient("is added to a sparse one", 1 + alone)
