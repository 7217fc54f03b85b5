"""The other side of the training benchmarks: trains transformers' BERT on batches from a file, in their order.

    python bench/transformers_loop.py batches.safetensors config.json --dtype bfloat16 [--device cuda] [--compile]

A directory in the place of config.json is a checkpoint to start from. Batches with labels of next sentences train
BertForPreTraining, which computes the logits of every position, others BertForSequenceClassification. The loop is the usual
one: autocast in bfloat16, gradients clipped to 1, the fused AdamW at 1e-4, without decay of biases and LayerNorm.

Prints one JSON object: the seconds that the second half of the batches took, and the loss of every batch.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import BertConfig, BertForPreTraining, BertForSequenceClassification


def read_batches(path, device):
    """One dictionary of int64 tensors for each step, padded."""
    with safe_open(path, framework="pt") as file:
        batches = {}
        for key in file.keys():
            step, _, name = key.partition(".")
            batches.setdefault(int(step), {})[name] = file.get_tensor(key).long().to(device)
        return [batches[step] for step in sorted(batches)]


def load_model(source, head):
    torch.manual_seed(1)
    return head.from_pretrained(source) if Path(source).is_dir() else head(BertConfig.from_json_file(source))


def adamw(model):
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.01},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=1e-4, fused=True)


def update(network, optimizer, batch, dtype):
    """The loss, which stays on the device: to read it is to wait."""
    device = batch["input_ids"].device.type
    with torch.autocast(device, torch.bfloat16, enabled=dtype == "bfloat16"):
        loss = network(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.detach()


def now(device):
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("batches")
    parser.add_argument("model")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()

    batches = read_batches(options.batches, options.device)
    head = BertForPreTraining if "next_sentence_label" in batches[0] else BertForSequenceClassification
    model = load_model(options.model, head).to(options.device).train()
    optimizer = adamw(model)
    network = torch.compile(model) if options.compile else model
    if options.compile:
        for batch in batches:  # nothing is compiled while the clock runs
            update(network, optimizer, batch, options.dtype)
    half = len(batches) // 2
    losses = [update(network, optimizer, batch, options.dtype) for batch in batches[:half]]
    start = now(options.device)
    losses += [update(network, optimizer, batch, options.dtype) for batch in batches[half:]]
    seconds = now(options.device) - start
    print(json.dumps({"seconds": seconds, "losses": [loss.item() for loss in losses]}))


main()
