"""The operators for prediction alone: packed weights, and a whole stack of layers."""

from itertools import product

import torch

from checks.checking import (
    BFLOAT, DOUBLE, FLOAT, OWN_KERNELS, TOLERANCE, as_double, check, check_close, check_refused, error, offsets, ops,
    values,
)

HEADS, EPS = 2, 1e-5
LENGTHS = [5, 1, 30, 17]
ACTIVATIONS = {
    "none": lambda x: x,
    "gelu": torch.nn.functional.gelu,
    "gelu_tanh": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "relu": torch.relu,
}


def pack_weight(weight):
    return ops.pack_weight_(weight.clone())


def check_packed_linear():
    sizes = product((1, 5, 25, 300), ((64, 48), (30, 7), (2, 1), (1, 1), (384, 16), (1536, 33)), (FLOAT, BFLOAT))
    for rows, (inputs, outputs), dtype in sizes:
        if dtype == BFLOAT and inputs % 2 == 1:
            continue  # refused
        x, weight, bias = (values(*s, dtype=dtype, grad=False) for s in ((rows, inputs), (outputs, inputs), (outputs,)))
        expected = torch.nn.functional.linear(*as_double(x, weight, bias))
        for name, activation in ACTIVATIONS.items():
            actual = ops.packed_linear(x, pack_weight(weight), bias, name)
            check_close(f"packed_linear [{rows}, {inputs}] -> {outputs} {dtype} {name}", [actual],
                        [activation(expected)], dtype)
    check_activations()

    for dtype in (BFLOAT, FLOAT):
        x, weight, bias = values(100, 70, dtype=dtype), values(50, 70, dtype=dtype), values(50, dtype=dtype)
        packed = pack_weight(weight)
        whole = ops.packed_linear(x, packed, bias, "gelu")
        parts = [ops.packed_linear(x[start : start + 7], packed, bias, "gelu") for start in range(0, 100, 7)]
        check(f"packed_linear gives a row the same bits in any batch, {dtype}", torch.equal(whole, torch.cat(parts)))
        check(f"packed_linear of no rows, {dtype}", ops.packed_linear(x[:0], packed, bias, "none").shape == (0, 50))
    weight = values(64, 70, dtype=FLOAT, grad=False)
    check("pack_weight_ needs no second copy of a weight whose panels are whole",
          ops.pack_weight_(weight).data_ptr() == weight.data_ptr())
    weight = values(50, 70, dtype=FLOAT, grad=False)
    check_refused("pack_weight refuses float64", "bfloat16 matrix", lambda: pack_weight(values(3, 4)))
    check_refused("pack_weight refuses an odd number of inputs of bfloat16", "an even number",
                  lambda: pack_weight(values(4, 3, dtype=BFLOAT)))
    check_refused("packed_linear refuses another type of input", "for input",
                  lambda: ops.packed_linear(x.bfloat16(), packed, bias, "none"))
    check_refused("packed_linear refuses a plain weight", "pack_weight_", 
                  lambda: ops.packed_linear(x, weight, bias, "none"))
    check_refused("packed_linear refuses a wrong width", "for input", 
                  lambda: ops.packed_linear(x[:, 1:], packed, bias, "none"))
    check_refused("packed_linear refuses a wrong bias", "for bias", 
                  lambda: ops.packed_linear(x, packed, bias[:20], "none"))


def check_int8_linear():
    sizes = product((1, 5, 70, 300), ((64, 48), (30, 7), (1, 1), (384, 16), (1536, 33)))
    for rows, (inputs, outputs) in sizes:
        x, weight, bias = (values(*s, dtype=FLOAT, grad=False) for s in ((rows, inputs), (outputs, inputs), (outputs,)))
        quantised, scales = ops.quantize_weight(weight)
        expected, step = reference_int8_linear(*as_double(x, weight, bias), scales)
        for name, activation in ACTIVATIONS.items():
            actual = ops.int8_linear(x, quantised, scales, bias, name).double()
            # An input that lies between two integers may go to either: the reference divides in float64.
            worst = ((actual - activation(expected)).abs() / step).max().item()
            check(f"int8_linear [{rows}, {inputs}] -> {outputs} {name}", worst <= 2, f"error {worst:.1e} steps")

    x, weight, bias = (values(*s, dtype=FLOAT, grad=False) for s in ((100, 384), (50, 384), (50,)))
    quantised, scales = ops.quantize_weight(weight)
    int8_linear = lambda rows, name="none": ops.int8_linear(rows, quantised, scales, bias, name)
    for scale in (1, 1e-38, 1e-44, 1e30):
        exact = torch.nn.functional.linear(x * scale, weight, bias).double()
        error_share = ((int8_linear(x * scale).double() - exact).norm() / exact.norm()).item()
        check(f"int8_linear is within 2 % of the product in float32, of inputs of the size of {scale}",
              error_share <= 0.02, f"{error_share:.4f}")
    parts = [int8_linear(x[start : start + 7], "gelu") for start in range(0, 100, 7)]
    check("int8_linear gives a row the same bits in any batch", torch.equal(int8_linear(x, "gelu"), torch.cat(parts)))
    check("int8_linear of no rows", int8_linear(x[:0]).shape == (0, 50))
    check("int8_linear of zeros is the bias", torch.equal(int8_linear(torch.zeros(3, 384)), bias.expand(3, -1)))
    largest, ones = ops.quantize_weight(torch.full((16, 384), 3.0)), torch.full((20, 384), 5.0)
    same = ops.int8_linear(ones, *largest, torch.zeros(16), "none")
    check("int8_linear of the largest integers is not cut off", torch.allclose(same, torch.full_like(same, 5760.0)))
    for bad in (float("nan"), float("inf"), -float("inf")):
        spoilt = x.clone()
        spoilt[3, 7] = bad
        finite = int8_linear(spoilt).isfinite().all(1)
        check(f"int8_linear keeps {bad} to its row", not finite[3] and finite.sum() == 99)
    zeroed = weight.clone()
    zeroed[7] = 0
    zeroed[9] *= 1e-38
    quiet = ops.int8_linear(x, *ops.quantize_weight(zeroed), bias, "none")
    check("int8_linear takes rows of zeros, and of next to nothing, in a weight",
          torch.equal(quiet[:, [7, 9]], bias[[7, 9]].expand(100, -1)) and quiet.isfinite().all())
    spoilt = weight.clone()
    spoilt[7, 3] = float("nan")
    finite = ops.int8_linear(x, *ops.quantize_weight(spoilt), bias, "none").isfinite().all(0)
    check("int8_linear gives no number where a weight is none", not finite[7] and finite.sum() == 49)
    check_refused("quantize_weight refuses float64", "float32 matrix", lambda: ops.quantize_weight(values(3, 4)))
    check_refused("int8_linear refuses a plain weight", "quantize_weight",
                  lambda: ops.int8_linear(x, weight, scales, bias, "none"))
    check_refused("int8_linear refuses a wrong width", "for input", lambda: int8_linear(x[:, 1:].contiguous()))
    check_refused("int8_linear refuses wrong scales", "for scales",
                  lambda: ops.int8_linear(x, quantised, scales[0], bias, "none"))
    check_refused("int8_linear refuses a wrong bias", "for bias",
                  lambda: ops.int8_linear(x, quantised, scales, bias[:20], "none"))


def reference_int8_linear(x, weight, bias, scales):
    """The operator's formula in float64, and what one of its integers comes to at most."""
    weight_scale = scales[0].double()
    integers = (weight / weight_scale.unsqueeze(1)).round()
    low, high = x.amin(1, keepdim=True).clamp(max=0), x.amax(1, keepdim=True).clamp(min=0)
    scale = (high - low) / 255
    zero = (-low / scale).round()
    quantised = (x / scale + zero + 0.5).floor().clamp(0, 255)
    return scale * ((quantised - zero) @ integers.t() * weight_scale) + bias, (scale.max() * weight.abs().max()).item()


def check_activations():
    """The product's own activations, over all that they may get: x comes through a weight of 1."""
    extremes = torch.tensor([0.0, -0.0, 1e-30, -1e-30, 87.0, -87.0, 1e4, -1e4, 1e30, -1e30, float("inf")])
    x = torch.cat([torch.linspace(-12, 12, 40001), extremes]).unsqueeze(1)
    one, zero = pack_weight(torch.ones(1, 1)), torch.zeros(1)
    for name, activation in ACTIVATIONS.items():
        actual, expected = ops.packed_linear(x, one, zero, name), activation(x.double())
        finite = expected.isfinite()
        # What the approximation of the error function leaves is 1e-7 of x; what float32 leaves of a value is 1e-7 of it.
        worst = ((actual.double() - expected)[finite].abs() / x[finite].double().abs().clamp(min=1)).max().item()
        same_ends = torch.equal(actual[~finite].double(), expected[~finite])
        check(f"{name} of a product, from -12 to 12 and at the ends", worst <= 4e-7 and same_ends, f"error {worst:.1e}")


def check_encoder_layers():
    for (name, activation), causal in product(ACTIVATIONS.items(), (False, True)):
        parameters = layer_parameters(hidden=32, intermediate=72) + layer_parameters(hidden=32, intermediate=72)
        hidden = values(sum(LENGTHS), 32, grad=False)
        expected = reference_layers(hidden, parameters, activation, causal)
        for dtype in (DOUBLE, FLOAT, BFLOAT):
            own = [p.to(dtype) for p in parameters]
            # The reference computes with the rounded weights, so that what differs is the computing.
            wanted = reference_layers(hidden.to(dtype).double(), [p.double() for p in own], activation, causal)
            actual = encoder_layers(hidden.to(dtype), own, name, causal)
            check_layers(f"encoder_layers {name} causal {causal} {dtype}", actual, wanted, dtype)
            tokens = torch.tensor([sum(LENGTHS) - 1, 0, 3], dtype=torch.int32)
            actual = encoder_layers(hidden.to(dtype), own, name, causal, tokens=tokens)
            some = [*wanted[:-1], wanted[-1][tokens]]
            check_layers(f"encoder_layers {name} causal {causal} {dtype}, some tokens", actual, some, dtype)
            if OWN_KERNELS and dtype != DOUBLE:
                packed = [pack_weight(p) if p.dim() == 2 else p for p in own]
                actual = encoder_layers(hidden.to(dtype), packed, name, causal)
                check_layers(f"encoder_layers {name} causal {causal} {dtype}, packed", actual, wanted, dtype)
        if OWN_KERNELS:
            check_int8_layers(f"encoder_layers {name} causal {causal}, int8", parameters, hidden, expected, name, causal)
    check_refused("encoder_layers refuses an activation", "for activation",
                  lambda: encoder_layers(hidden, parameters, "sine", False))
    check_refused("encoder_layers refuses half a layer", "12 tensors a layer",
                  lambda: encoder_layers(hidden, parameters[:7], "gelu", False))


def check_int8_layers(what, parameters, hidden, expected, activation, causal):
    quantised = [ops.quantize_weight(p.float()) if p.dim() == 2 else p.float() for p in parameters]
    own = [p[0] if isinstance(p, tuple) else p for p in quantised]
    scales = [p[1] for p in quantised if isinstance(p, tuple)]
    actual = encoder_layers(hidden.float(), own, activation, causal, scales)[-1].double()
    apart = ((actual - expected[-1]).norm() / expected[-1].norm()).item()
    check(what, apart <= 0.05, f"error {apart:.4f}")  # four products in a row, each within 2 %, twice
    check_refused(f"{what} refuses scales of half the weights", "4 tensors a layer, for scales",
                  lambda: encoder_layers(hidden.float(), own, activation, causal, scales[:3]))


def check_layers(name, actual, expected, dtype):
    # Each of two layers rounds some ten times what the operators alone round once.
    worst = max(error(a, e) for a, e in zip(actual, expected, strict=True))
    check(name, worst <= 4 * TOLERANCE[dtype], f"error {worst:.1e}")


def encoder_layers(hidden, parameters, activation, causal, scales=(), tokens=None):
    sequences = offsets(LENGTHS), max(LENGTHS)
    return ops.encoder_layers(hidden, *sequences, parameters, scales, HEADS, activation, EPS, causal, tokens)


def layer_parameters(hidden, intermediate):
    shapes = [(3 * hidden, hidden), (hidden, hidden), None, (intermediate, hidden), (hidden, intermediate), None]
    parameters = []
    for shape in shapes:
        size = shape[0] if shape else hidden
        scale = 0.3 if shape else 1
        parameters += [scale * values(*(shape or (hidden,)), grad=False), values(size, grad=False)]
    return parameters


def reference_layers(hidden, parameters, activation, causal):
    outputs = []
    for first in range(0, len(parameters), 12):
        hidden = reference_layer(hidden, parameters[first : first + 12], activation, causal)
        outputs.append(hidden)
    return outputs


def reference_layer(hidden, p, activation, causal):
    linear, norm = torch.nn.functional.linear, torch.nn.functional.layer_norm
    size = hidden.shape[1:]
    attended = torch.cat([reference_attention(qkv, causal) for qkv in linear(hidden, *p[0:2]).split(LENGTHS)])
    middle = norm(hidden + linear(attended, *p[2:4]), size, *p[4:6], EPS)
    return norm(middle + linear(activation(linear(middle, *p[6:8])), *p[8:10]), size, *p[10:12], EPS)


def reference_attention(qkv, causal):
    query, key, value = (part.unflatten(1, (HEADS, -1)).transpose(0, 1) for part in qkv.chunk(3, dim=1))
    result = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
    return result.transpose(0, 1).flatten(1)
