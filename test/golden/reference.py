"""What every golden file shares: packing, padding, optimizers, the reference training loop, and writing."""

import json
import math
import platform
from pathlib import Path

import numpy
import torch
import transformers
from safetensors.torch import save_file

VERSIONS = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "numpy": numpy.__version__,
}


def write_tensors(path: Path, tensors: dict):
    # One metadata key only: safetensors writes several in a random order, and the bytes should repeat.
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, path, metadata={"versions": json.dumps(VERSIONS)})


def write_json(path: Path, content: dict):
    path.write_text(json.dumps({"versions": VERSIONS, **content}, indent=1) + "\n", encoding="utf8")


# A sequence is a pair of equally long lists: (input ids, token type ids).


def pack(sequences: list) -> dict:
    lengths = torch.tensor([len(ids) for ids, _ in sequences])
    return {
        "input_ids": torch.tensor([i for ids, _ in sequences for i in ids], dtype=torch.int32),
        "token_type_ids": torch.tensor([t for _, types in sequences for t in types], dtype=torch.int32),
        "cu_seqlens": torch.nn.functional.pad(lengths.cumsum(0), (1, 0)).to(torch.int32),
    }


def pad(sequences: list) -> dict:
    def column(rows):
        return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)

    return {
        "input_ids": column([ids for ids, _ in sequences]),
        "token_type_ids": column([types for _, types in sequences]),
        "attention_mask": column([[1] * len(ids) for ids, _ in sequences]),
    }


def real_tokens(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    return hidden[attention_mask.bool()]  # [B, L, H] -> [T, H]


def with_prefix(prefix: str, tensors: dict) -> dict:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def l2_norm(tensor: torch.Tensor) -> float:
    return tensor.double().norm().item()


def strided_sample(tensor: torch.Tensor, limit: int):
    """At most `limit` elements, every `stride`-th of the flattened tensor. A stride that shares a factor with
    the last dimension would see the same few columns again and again."""
    stride = max(1, math.ceil(tensor.numel() / limit))
    while math.gcd(stride, tensor.shape[-1]) != 1:
        stride += 1
    return tensor.detach().flatten()[::stride], stride


def loss_gradients(model, sequences: list, labels: list):
    model.eval()  # no dropout
    model.zero_grad()
    loss = model(**pad(sequences), labels=torch.tensor(labels)).loss
    loss.backward()
    return loss.item(), {name: parameter.grad for name, parameter in model.named_parameters()}


class BertAdamW(torch.optim.Optimizer):
    """Adam as in google-research/bert, optimization.py: decoupled weight decay, no bias correction."""

    def __init__(self, groups, lr, eps=1e-6, betas=(0.9, 0.999)):
        super().__init__(groups, {"lr": lr, "eps": eps, "betas": betas, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for parameter in group["params"]:
                state = self.state[parameter]
                if not state:
                    state["m"] = torch.zeros_like(parameter)
                    state["v"] = torch.zeros_like(parameter)
                m, v, gradient = state["m"], state["v"], parameter.grad
                m.mul_(beta1).add_(gradient, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
                update = m / (v.sqrt() + group["eps"]) + group["weight_decay"] * parameter
                parameter.sub_(group["lr"] * update)


def decay_groups(model, weight_decay: float) -> list:
    def undecayed(name):
        return name.endswith("bias") or "LayerNorm" in name

    named = list(model.named_parameters())
    return [
        {"params": [p for name, p in named if not undecayed(name)], "weight_decay": weight_decay},
        {"params": [p for name, p in named if undecayed(name)], "weight_decay": 0.0},
    ]


def train(
    model,
    batches: list,
    optimizer_class,
    learning_rate: float,
    steps=20,
    warmup_ratio=0.1,
    gradients_of=loss_gradients,
    groups_of=decay_groups,
) -> dict:
    """Trains without dropout on `batches`, each what `gradients_of` takes, in turn; returns settings and curves."""
    weight_decay, max_grad_norm, warmup_steps = 0.01, 1.0, round(steps * warmup_ratio)
    optimizer = optimizer_class(groups_of(model, weight_decay), lr=learning_rate)
    scheduler = transformers.get_scheduler("linear", optimizer, warmup_steps, steps)
    losses, gradient_norms, learning_rates = [], [], []
    for step in range(steps):
        loss, _ = gradients_of(model, *batches[step % len(batches)])
        gradient_norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
        losses.append(loss)
        gradient_norms.append(gradient_norm.item())
        learning_rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return {
        "learningRate": learning_rate,
        "betas": optimizer.defaults["betas"],
        "eps": optimizer.defaults["eps"],
        "weightDecay": weight_decay,
        "maxGradNorm": max_grad_norm,
        "steps": steps,
        "warmupSteps": warmup_steps,
        "losses": losses,
        "gradientNorms": gradient_norms,
        "learningRates": learning_rates,
    }
