"""The tiny encoder with the heads of multi-label classification and of regression: logits and training."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification

from reference import pad, train, with_prefix, write_json, write_tensors

TASKS = {"multi_label": ("multi_label_classification", 4), "regression": ("regression", 1)}


def read_batches(path: Path) -> list:
    """The sequences of the five batches that the tiny classifier is trained on."""
    tensors = load_file(path)
    batches = []
    for index in range(5):
        ids, types, starts = (
            tensors[f"batch.{index}.{name}"].tolist() for name in ("input_ids", "token_type_ids", "cu_seqlens")
        )
        batches.append([(ids[a:b], types[a:b]) for a, b in zip(starts, starts[1:])])
    return batches


def build_model(checkpoint: Path, problem_type: str, num_labels: int, generator):
    model = BertForSequenceClassification.from_pretrained(
        checkpoint, num_labels=num_labels, problem_type=problem_type, ignore_mismatched_sizes=True
    )
    with torch.no_grad():
        model.classifier.weight.normal_(0.0, 0.2, generator=generator)
        model.classifier.bias.normal_(0.0, 0.2, generator=generator)
    return model.eval()


def make_targets(task: str, rows: int, num_labels: int, generator) -> torch.Tensor:
    if task == "regression":
        return 5 * torch.rand([rows], generator=generator)
    return (torch.rand([rows, num_labels], generator=generator) < 0.4).float()


def write_sequence_heads(out: Path):
    generator = torch.Generator().manual_seed(2019)
    batches = read_batches(out / "tiny_training.safetensors")
    curves, tensors = {}, {}
    for task, (problem_type, num_labels) in TASKS.items():
        model = build_model(out / "tiny-bert", problem_type, num_labels, generator)
        initial = {f"classifier.{name}": tensor.clone() for name, tensor in model.classifier.state_dict().items()}
        with torch.no_grad():
            logits = model(**pad(batches[0])).logits
        targets = [make_targets(task, len(sequences), num_labels, generator) for sequences in batches]
        labelled = [(sequences, target.tolist()) for sequences, target in zip(batches, targets)]
        curves[task] = train(model, labelled, torch.optim.AdamW, learning_rate=1e-3)
        tensors |= with_prefix(task, {**initial, "logits": logits})
        tensors |= {f"{task}.targets.{index}": target for index, target in enumerate(targets)}
    write_json(out / "sequence_heads.json", curves)
    write_tensors(out / "sequence_heads.safetensors", tensors)
