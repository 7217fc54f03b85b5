"""A real pre-trained encoder on real sentences: forward, gradients of a classification loss, training.

The texts stay where they are; the golden files name their file and rows and keep the token ids."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from reference import (
    l2_norm, loss_gradients, pack, pad, real_tokens, strided_sample, train, with_prefix, write_json, write_tensors,
)

FORWARD_ROWS = list(range(0, 60 * 14, 14))  # of the 872 in sst2/dev.tsv
FORWARD_PARAGRAPHS = [0, 60, 120, 180]  # of the 240 in xquad.en.json
GRADIENT_ROWS = list(range(5, 5 + 32 * 27, 27))
TRAINING_ROWS = list(range(320))
BATCH_SIZE = 16


def read_sst2(path: Path, rows: list):
    lines = path.read_text(encoding="utf8").split("\n")[1:]  # row 0 follows the header
    examples = [lines[row].split("\t") for row in rows]
    return [sentence for sentence, _ in examples], [int(label) for _, label in examples]


def read_paragraphs(path: Path, numbers: list):
    articles = json.loads(path.read_text(encoding="utf8"))["data"]
    paragraphs = [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
    return [paragraphs[number] for number in numbers]


def encode(checkpoint: Path, texts: list, max_length: int):
    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)  # in place of the 128 stored in the file
    return [(encoding.ids, encoding.type_ids) for encoding in tokenizer.encode_batch(texts)]


def load_classifier(checkpoint: Path):
    """The checkpoint has no classifier: it gets one from a fixed seed, stored with the golden files."""
    model = BertForSequenceClassification.from_pretrained(checkpoint, num_labels=2, dtype=torch.float32).eval()
    generator = torch.Generator().manual_seed(17)
    with torch.no_grad():
        model.classifier.weight.normal_(0, 0.02, generator=generator)
        model.classifier.bias.normal_(0, 0.02, generator=generator)
    return model


def classifier_weights(model):
    return {f"classifier.{name}": tensor.clone() for name, tensor in model.classifier.state_dict().items()}


def write_forward(checkpoint: Path, data: Path, out: Path):
    sentences, _ = read_sst2(data / "sst2/dev.tsv", FORWARD_ROWS)
    paragraphs = read_paragraphs(data / "xquad/xquad.en.json", FORWARD_PARAGRAPHS)
    sequences = encode(checkpoint, sentences + paragraphs, max_length=256)
    padded = pad(sequences)
    with torch.no_grad():
        encoded = load_classifier(checkpoint).bert(**padded, output_hidden_states=True)

    tensors = {**pack(sequences), "pooled_output": encoded.pooler_output}
    described = []
    for index, hidden in enumerate(encoded.hidden_states):
        packed = real_tokens(hidden, padded["attention_mask"])
        tensors[f"hidden_states.{index}"], stride = strided_sample(packed, 2048)
        described.append({"shape": list(packed.shape), "stride": stride, "norm": l2_norm(packed)})
    write_tensors(out / "minilm_forward.safetensors", tensors)
    write_json(
        out / "minilm_forward.json",
        {
            "sources": [
                {"file": "sst2/dev.tsv", "rows": FORWARD_ROWS},
                {"file": "xquad/xquad.en.json", "paragraphs": FORWARD_PARAGRAPHS},
            ],
            "maxSeqLength": 256,
            "hiddenStates": described,
        },
    )


def sample_gradient(gradient: torch.Tensor):
    """A strided sample of the rows that are not all zero (most words and positions do not occur in a batch)."""
    rows = None
    if gradient.dim() == 2 and not gradient.any(dim=1).all():
        rows = gradient.any(dim=1).nonzero().flatten()
    sample, stride = strided_sample(gradient if rows is None else gradient[rows], 128)
    return rows, sample, stride


def write_gradients(checkpoint: Path, data: Path, out: Path):
    model = load_classifier(checkpoint)
    sentences, labels = read_sst2(data / "sst2/dev.tsv", GRADIENT_ROWS)
    sequences = encode(checkpoint, sentences, max_length=128)
    loss, gradients = loss_gradients(model, sequences, labels)

    tensors = {**pack(sequences), "labels": torch.tensor(labels, dtype=torch.int32), **classifier_weights(model)}
    described = {}
    for name, gradient in gradients.items():
        rows, tensors[f"grad.{name}"], stride = sample_gradient(gradient)
        described[name] = {"shape": list(gradient.shape), "norm": l2_norm(gradient), "stride": stride}
        if rows is not None:
            tensors[f"rows.{name}"] = rows.int()
    write_tensors(out / "minilm_gradients.safetensors", tensors)
    sources = [{"file": "sst2/dev.tsv", "rows": GRADIENT_ROWS}]
    write_json(out / "minilm_gradients.json", {"sources": sources, "loss": loss, "parameters": described})


def write_training(checkpoint: Path, data: Path, out: Path):
    model = load_classifier(checkpoint)
    sentences, labels = read_sst2(data / "sst2/train.tsv", TRAINING_ROWS)
    sequences = encode(checkpoint, sentences, max_length=128)
    tensors = {**pack(sequences), "labels": torch.tensor(labels, dtype=torch.int32), **classifier_weights(model)}
    write_tensors(out / "minilm_training.safetensors", tensors)

    starts = range(0, len(sequences), BATCH_SIZE)
    batches = [(sequences[i : i + BATCH_SIZE], labels[i : i + BATCH_SIZE]) for i in starts]
    curves = train(model, batches, torch.optim.AdamW, learning_rate=5e-5)
    sources = [{"file": "sst2/train.tsv", "rows": TRAINING_ROWS}]
    write_json(out / "minilm_training.json", {"sources": sources, "batchSize": BATCH_SIZE, "adamw": curves})


def write_minilm(checkpoint: Path, data: Path, out: Path):
    write_forward(checkpoint, data, out)
    write_gradients(checkpoint, data, out)
    write_training(checkpoint, data, out)
