"""A tiny BERT that classifies tokens: its checkpoint, forward, and 20 steps of AdamW."""

import copy
from pathlib import Path

import torch
from transformers import BertConfig, BertForTokenClassification

from reference import pack, pad, real_tokens, train, with_prefix, write_json, write_tensors
from tiny import CLS, LENGTHS, SEP, VOCABULARY, make_sequences, randomise, write_tokenizer

TAGS = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]
IGNORED = -100
FINAL_WEIGHTS = [
    "bert.embeddings.word_embeddings.weight",
    "bert.encoder.layer.0.attention.self.query.weight",
    "bert.encoder.layer.1.output.dense.bias",
    "classifier.weight",
    "classifier.bias",
]


def build_model(generator):
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
        id2label=dict(enumerate(TAGS)), label2id={tag: index for index, tag in enumerate(TAGS)},
    )
    return randomise(BertForTokenClassification(config).eval(), generator)


def make_labels(generator, ids):
    """A class for the pieces that begin a word, and IGNORED for the others and for [CLS] and [SEP]."""
    classes = torch.randint(0, len(TAGS), [len(ids)], generator=generator).tolist()
    begins = [piece not in (CLS, SEP) and not VOCABULARY[piece].startswith("##") for piece in ids]
    return [tag if counted else IGNORED for tag, counted in zip(classes, begins)]


def make_batch(generator, lengths):
    sequences = make_sequences(generator, lengths)
    return sequences, [make_labels(generator, ids) for ids, _ in sequences]


def pack_batch(sequences, labels) -> dict:
    packed = torch.tensor([label for row in labels for label in row], dtype=torch.int32)  # [T]
    return {**pack(sequences), "labels": packed}


def token_gradients(model, sequences, labels):
    model.eval()  # no dropout
    model.zero_grad()
    padded = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in labels], batch_first=True, padding_value=IGNORED
    )
    loss = model(**pad(sequences), labels=padded).loss  # the mean over the labels that count
    loss.backward()
    return loss.item(), {}


def write_forward(model, batch, out: Path):
    sequences, _ = batch
    padded = pad(sequences)
    with torch.no_grad():
        output = model(**padded, output_hidden_states=True)
    logits = real_tokens(output.logits, padded["attention_mask"])
    write_tensors(out / "token_classification_forward.safetensors", {**pack_batch(*batch), "logits": logits})


def write_training(model, generator, out: Path):
    batches = [make_batch(generator, torch.randint(3, 33, [8], generator=generator).tolist()) for _ in range(5)]
    trained = copy.deepcopy(model)
    curve = train(trained, batches, torch.optim.AdamW, learning_rate=1e-3, gradients_of=token_gradients)
    state = trained.state_dict()
    tensors = with_prefix("final", {weight: state[weight] for weight in FINAL_WEIGHTS})
    for index, batch in enumerate(batches):
        tensors |= with_prefix(f"batch.{index}", pack_batch(*batch))
    write_json(out / "token_classification_training.json", curve)
    write_tensors(out / "token_classification_training.safetensors", tensors)


def write_token_classification(out: Path):
    generator = torch.Generator().manual_seed(20021003)
    model = build_model(generator)
    model.save_pretrained(out / "tiny-bert-tokens")
    write_tokenizer(out / "tiny-bert-tokens")
    write_forward(model, make_batch(generator, LENGTHS), out)
    write_training(model, generator, out)
