"""A tiny BERT classifier with random weights: its checkpoints in four layouts, forward, gradients, training."""

import copy
import string
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from reference import (
    BertAdamW, loss_gradients, pack, pad, real_tokens, train, with_prefix, write_json, write_tensors,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CLS, SEP = SPECIAL.index("[CLS]"), SPECIAL.index("[SEP]")
SUFFIXES = ["##ing", "##ed", "##er", "##est", "##ly", "##ness", "##ment", "##able", "##ful", "##less"]
WORDS = (
    "the an and or not is was it this that of in to with for on film story cast plot scene music actor ending "
    "good bad great poor warm cold dull bright funny slow quick very too so never always feel watch love like"
).split()
VOCABULARY = [
    *SPECIAL, ".", ",", "'", *string.ascii_lowercase, *(f"##{c}" for c in string.ascii_lowercase), *SUFFIXES, *WORDS,
]
LENGTHS = [5, 9, 3, 12, 17, 64, 24, 10]  # the third is the shortest possible, the sixth fills every position
FINAL_WEIGHTS = [
    "bert.embeddings.word_embeddings.weight",
    "bert.embeddings.LayerNorm.weight",
    "bert.encoder.layer.0.attention.self.query.weight",
    "bert.encoder.layer.1.output.dense.weight",
    "bert.encoder.layer.1.output.dense.bias",
    "classifier.weight",
    "classifier.bias",
]


def build_model(generator):
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
        id2label={0: "negative", 1: "neutral", 2: "positive"},
        label2id={"negative": 0, "neutral": 1, "positive": 2},
    )
    return randomise(BertForSequenceClassification(config).eval(), generator)


def randomise(model, generator):
    """Makes every value random, and large enough that a swapped, missing or transposed parameter changes the result."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            scale_of_norm = name.endswith("LayerNorm.weight")
            parameter.normal_(1.0 if scale_of_norm else 0.0, 0.2, generator=generator)
    return model


def make_sequences(generator, lengths):
    """Random pieces as [CLS] a [SEP], or for every second sequence of five or more [CLS] a [SEP] b [SEP]."""
    sequences = []
    for index, length in enumerate(lengths):
        ids = torch.randint(len(SPECIAL), len(VOCABULARY), [length], generator=generator).tolist()
        types = [0] * length
        ids[0], ids[-1] = CLS, SEP
        if length >= 5 and index % 2 == 1:
            middle = length // 2
            ids[middle] = SEP
            types[middle + 1 :] = [1] * (length - middle - 1)
        sequences.append((ids, types))
    return sequences


def write_tokenizer(directory: Path):
    ids = {piece: i for i, piece in enumerate(VOCABULARY)}
    BertTokenizer(vocab=ids, model_max_length=64).save_pretrained(directory)
    (directory / "vocab.txt").write_text("".join(f"{piece}\n" for piece in VOCABULARY), encoding="utf8")


def write_checkpoints(model, out: Path):
    model.save_pretrained(out / "tiny-bert")
    write_tokenizer(out / "tiny-bert")
    model.save_pretrained(out / "tiny-bert-sharded", max_shard_size="40KB")

    legacy = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in model.state_dict().items()
    }
    legacy["bert.embeddings.position_ids"] = torch.arange(64).unsqueeze(0)  # [1, 64]
    model.config.save_pretrained(out / "tiny-bert-legacy")
    write_tensors(out / "tiny-bert-legacy" / "model.safetensors", legacy)

    model.bert.save_pretrained(out / "tiny-bert-bare")  # last: it renames the architecture in the shared config


def write_forward(model, sequences, out: Path):
    padded = pad(sequences)
    with torch.no_grad():
        encoded = model.bert(**padded, output_hidden_states=True)
        logits = model(**padded).logits
    hidden_states = {
        str(i): real_tokens(hidden, padded["attention_mask"]) for i, hidden in enumerate(encoded.hidden_states)
    }
    write_tensors(
        out / "tiny_forward.safetensors",
        {
            **pack(sequences),
            **with_prefix("hidden_states", hidden_states),
            "pooled_output": encoded.pooler_output,
            "logits": logits,
        },
    )


def write_gradients(model, sequences, out: Path):
    labels = [i % 3 for i in range(len(sequences))]
    loss, gradients = loss_gradients(model, sequences, labels)
    write_tensors(
        out / "tiny_gradients.safetensors",
        {
            **pack(sequences),
            "labels": torch.tensor(labels, dtype=torch.int32),
            "loss": torch.tensor(loss),
            **with_prefix("grad", gradients),
        },
    )


def write_training(model, generator, out: Path):
    batches = []
    for _ in range(5):
        lengths = torch.randint(3, 33, [8], generator=generator).tolist()
        labels = torch.randint(0, 3, [8], generator=generator).tolist()
        batches.append((make_sequences(generator, lengths), labels))

    curves, tensors = {}, {}
    for name, optimizer_class in (("adamw", torch.optim.AdamW), ("bert_adamw", BertAdamW)):
        trained = copy.deepcopy(model)
        curves[name] = train(trained, batches, optimizer_class, learning_rate=1e-3)
        state = trained.state_dict()
        tensors |= with_prefix(f"{name}.final", {weight: state[weight] for weight in FINAL_WEIGHTS})
    for index, (sequences, labels) in enumerate(batches):
        batch = {**pack(sequences), "labels": torch.tensor(labels, dtype=torch.int32)}
        tensors |= with_prefix(f"batch.{index}", batch)
    write_json(out / "tiny_training.json", curves)
    write_tensors(out / "tiny_training.safetensors", tensors)


def write_tiny(out: Path):
    generator = torch.Generator().manual_seed(20181011)
    model = build_model(generator)
    sequences = make_sequences(generator, LENGTHS)
    write_checkpoints(model, out)
    write_forward(model, sequences, out)
    write_gradients(model, sequences, out)
    write_training(model, generator, out)
