"""The tiny classifier trained with a learning rate for each layer, and with frozen layers."""

import re
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification

from reference import decay_groups, train, with_prefix, write_json, write_tensors
from tiny import FINAL_WEIGHTS

RUNS = {
    "layer_decay": {"layerDecay": 0.5},
    "frozen": {"layerDecay": 0.5, "freezeLayers": 1},
}


def stored_batches(out: Path) -> list:
    """The batches of tiny_training.safetensors as (sequences, labels)."""
    tensors = load_file(out / "tiny_training.safetensors")
    batches = []
    for index in range(5):
        batch = {name: tensors[f"batch.{index}.{name}"] for name in ("input_ids", "token_type_ids", "cu_seqlens", "labels")}
        lengths = batch["cu_seqlens"].diff().tolist()
        ids, types = (batch[name].long().split(lengths) for name in ("input_ids", "token_type_ids"))
        sequences = [(i.tolist(), t.tolist()) for i, t in zip(ids, types)]
        batches.append((sequences, batch["labels"].tolist()))
    return batches


def depth_of(name: str, num_layers: int) -> int:
    """0 for the embeddings, 1 for the first layer, one more than the last for the pooler and the classifier."""
    if ".embeddings." in name:
        return 0
    layer = re.search(r"\.layer\.(\d+)\.", name)
    return int(layer.group(1)) + 1 if layer else num_layers + 1


def rate_groups(model, weight_decay, learning_rate, layer_decay=1.0, freeze_layers=-1):
    """decay_groups cut by depth, the head first, each with a rate of its own; frozen parameters take no gradient."""
    num_layers = model.config.num_hidden_layers
    depths = {parameter: depth_of(name, num_layers) for name, parameter in model.named_parameters()}
    for parameter, depth in depths.items():
        parameter.requires_grad_(depth > freeze_layers)
    return [
        {
            "params": [parameter for parameter in group["params"] if depths[parameter] == depth],
            "weight_decay": group["weight_decay"],
            "lr": learning_rate * layer_decay ** (num_layers + 1 - depth),
        }
        for depth in range(num_layers + 1, freeze_layers, -1)
        for group in decay_groups(model, weight_decay)
    ]


def write_layer_rates(out: Path):
    batches = stored_batches(out)
    curves, tensors = {}, {}
    for name, rates in RUNS.items():
        model = BertForSequenceClassification.from_pretrained(out / "tiny-bert")
        learning_rate = 1e-3

        def groups_of(model, weight_decay):
            return rate_groups(
                model, weight_decay, learning_rate, rates.get("layerDecay", 1.0), rates.get("freezeLayers", -1)
            )

        curve = train(model, batches, torch.optim.AdamW, learning_rate, groups_of=groups_of)
        curves[name] = {**rates, **curve}
        trained = {weight: p for weight, p in model.named_parameters() if p.requires_grad and weight in FINAL_WEIGHTS}
        tensors |= with_prefix(f"{name}.final", trained)
    write_json(out / "layer_rates.json", curves)
    write_tensors(out / "layer_rates.safetensors", tensors)
