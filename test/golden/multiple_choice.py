"""The tiny encoder with a multiple-choice head: logits and training."""

import copy
from pathlib import Path

import torch
from transformers import BertForMultipleChoice

from reference import pack, pad, train, with_prefix, write_json, write_tensors
from tiny import make_sequences

CHOICES = 4
FINAL_WEIGHTS = [
    "bert.encoder.layer.0.attention.self.query.weight",
    "bert.pooler.dense.weight",
    "classifier.weight",
]


def build_model(encoder: Path, generator):
    """The checkpoint has no head: its values are stored with the golden files."""
    model = BertForMultipleChoice.from_pretrained(encoder, dtype=torch.float32).eval()
    with torch.no_grad():
        model.classifier.weight.normal_(0, 0.2, generator=generator)
        model.classifier.bias.normal_(0, 0.2, generator=generator)
    return model


# A batch is (sequences, labels): CHOICES sequences for each item, one after the other; the right one's number an item.


def make_batch(generator, items):
    lengths = torch.randint(5, 33, [items * CHOICES], generator=generator).tolist()
    return make_sequences(generator, lengths), torch.randint(0, CHOICES, [items], generator=generator).tolist()


def run(model, sequences, labels):
    padded = {name: rows.view(len(labels), CHOICES, -1) for name, rows in pad(sequences).items()}  # [B, C, L]
    return model(**padded, labels=torch.tensor(labels))


def choice_gradients(model, sequences, labels):
    model.eval()  # no dropout
    model.zero_grad()
    loss = run(model, sequences, labels).loss
    loss.backward()
    return loss.item(), {name: parameter.grad for name, parameter in model.named_parameters()}


def pack_batch(sequences, labels) -> dict:
    return {**pack(sequences), "labels": torch.tensor(labels, dtype=torch.int32)}


def write_multiple_choice(out: Path):
    generator = torch.Generator().manual_seed(20180816)
    model = build_model(out / "tiny-bert-bare", generator)
    forward, *batches = [make_batch(generator, items=6) for _ in range(6)]
    with torch.no_grad():
        output = run(model, *forward)

    trained = copy.deepcopy(model)
    curve = train(trained, batches, torch.optim.AdamW, learning_rate=1e-3, gradients_of=choice_gradients)
    write_json(out / "multiple_choice.json", {"choices": CHOICES, "adamw": curve})

    tensors = {f"classifier.{name}": values for name, values in model.classifier.state_dict().items()}
    tensors |= with_prefix("forward", {**pack_batch(*forward), "logits": output.logits, "loss": output.loss})
    for index, batch in enumerate(batches):
        tensors |= with_prefix(f"batch.{index}", pack_batch(*batch))
    state = trained.state_dict()
    tensors |= with_prefix("adamw.final", {name: state[name] for name in FINAL_WEIGHTS})
    write_tensors(out / "multiple_choice.safetensors", tensors)
