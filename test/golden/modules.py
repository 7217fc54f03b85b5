"""Single modules with inputs, outputs and gradients; learning rate schedules; parameter counts of the presets."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel, get_scheduler

from reference import with_prefix, write_json, write_tensors

# layers and hidden size, as in google-research/bert
PRESETS = {
    "tiny": (2, 128), "mini": (4, 256), "small": (4, 512), "medium": (8, 512), "base": (12, 768), "large": (24, 1024),
}


def run_module(module, x, generator):
    """Forward, and backward from a random gradient of the output."""
    differentiable = x.is_floating_point()
    output = module(x.requires_grad_() if differentiable else x)
    output_grad = torch.randn(output.shape, generator=generator)
    output.backward(output_grad)
    parameters = dict(module.named_parameters()) if isinstance(module, nn.Module) else {}
    return {
        "input": x if differentiable else x.int(),
        "output": output,
        "output_grad": output_grad,
        **({"input_grad": x.grad} if differentiable else {}),
        **parameters,
        **{f"{name}_grad": parameter.grad for name, parameter in parameters.items()},
    }


def run_cross_entropy(labels, generator):
    logits = (3 * torch.randn([len(labels), 5], generator=generator)).requires_grad_()
    labels = torch.tensor(labels)
    loss_sum = F.cross_entropy(logits, labels, reduction="sum")  # labels of -100 are not counted
    loss_sum.backward()
    return {
        "logits": logits,
        "labels": labels.int(),
        "loss_sum": loss_sum,
        "label_count": (labels != -100).sum().int(),
        "logits_grad": logits.grad,
    }


def write_modules(out: Path):
    generator = torch.Generator().manual_seed(31)
    modules = {
        "linear": nn.Linear(16, 12),
        "embedding": nn.Embedding(11, 16),
        "layer_norm": nn.LayerNorm(16, eps=1e-12),
    }
    with torch.no_grad():
        for module in modules.values():
            for parameter in module.parameters():
                parameter.normal_(0.5, 1.0, generator=generator)
    # GELU over its bend, both tails, and zero.
    gelu_input = torch.cat([torch.linspace(-6, 6, 49), torch.tensor([-30.0, 30.0])])
    ids = torch.tensor([3, 0, 10, 3, 7, 3])  # a repeated row gathers several gradients
    cases = {
        "linear": run_module(modules["linear"], torch.randn([7, 16], generator=generator), generator),
        "embedding": run_module(modules["embedding"], ids, generator),
        "layer_norm": run_module(modules["layer_norm"], 2 + 3 * torch.randn([7, 16], generator=generator), generator),
        "gelu_erf": run_module(F.gelu, gelu_input.clone(), generator),
        "gelu_tanh": run_module(lambda x: F.gelu(x, approximate="tanh"), gelu_input.clone(), generator),
        "cross_entropy": run_cross_entropy([0, 4, 2, 2, 1, 3], generator),
        "cross_entropy_ignored": run_cross_entropy([0, -100, 2, -100, 1, 3], generator),
    }
    tensors = {}
    for name, case in cases.items():
        tensors |= with_prefix(name, case)
    write_tensors(out / "nn.safetensors", tensors)


def schedule_rates(name, steps, warmup_steps, learning_rate):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=learning_rate)
    scheduler = get_scheduler(name, optimizer, warmup_steps, steps)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def write_schedules(out: Path):
    names = {"linear": "linear", "constant": "constant_with_warmup", "cosine": "cosine"}
    cases = [
        {
            "schedule": schedule, "learningRate": rate, "steps": steps, "warmupSteps": warmup,
            "rates": schedule_rates(name, steps, warmup, rate),
        }
        for schedule, name in names.items()
        for steps, warmup, rate in ((20, 0, 5e-5), (20, 2, 5e-5), (37, 10, 1e-3), (5, 1, 1.0))
    ]
    write_json(out / "schedules.json", {"cases": cases})


def write_presets(out: Path):
    presets = {}
    for name, (layers, hidden) in PRESETS.items():
        config = BertConfig(
            vocab_size=30522, hidden_size=hidden, num_hidden_layers=layers,
            num_attention_heads=hidden // 64, intermediate_size=4 * hidden,
        )
        with torch.device("meta"):
            model = BertModel(config)
        presets[name] = {
            "numHiddenLayers": layers, "hiddenSize": hidden,
            "numAttentionHeads": config.num_attention_heads, "intermediateSize": config.intermediate_size,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
        }
    write_json(out / "presets.json", {"vocabSize": 30522, "presets": presets})
