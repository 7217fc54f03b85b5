"""The other side of pretraining.ts: pre-trains transformers' BERT on batches from a file, and prints each step's time.

    python bench/pretraining.py batches.safetensors config.json --dtype bfloat16

The loop is the usual one: BertForPreTraining, which computes the logits of every position, autocast in bfloat16,
gradients clipped to 1, the fused AdamW.
"""

import argparse
import json
import time

import torch
from safetensors import safe_open
from transformers import BertConfig, BertForPreTraining

INPUTS = ["input_ids", "token_type_ids", "attention_mask", "labels", "next_sentence_label"]


def read_batches(path):
    """One dictionary of int64 tensors for each step, padded."""
    with safe_open(path, framework="pt") as file:
        steps = len(file.keys()) // len(INPUTS)
        return [{name: file.get_tensor(f"{step}.{name}").long() for name in INPUTS} for step in range(steps)]


def update(model, optimizer, batch, dtype):
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
        loss = model(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("batches")
    parser.add_argument("config")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
    options = parser.parse_args()

    torch.manual_seed(1)
    model = BertForPreTraining(BertConfig.from_json_file(options.config)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    seconds, losses = [], []
    for batch in read_batches(options.batches):
        start = time.perf_counter()
        losses.append(update(model, optimizer, batch, options.dtype))
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "losses": losses}))


main()
