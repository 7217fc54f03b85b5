"""A tiny BERT with both pre-training heads: checkpoint, forward, losses, gradients, training by three optimizers."""

import copy
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForPreTraining

from reference import BertAdamW, pack, pad, train, with_prefix, write_json, write_tensors
from tiny import CLS, LENGTHS, SEP, SPECIAL, VOCABULARY, make_sequences, randomise, write_tokenizer

MASK = SPECIAL.index("[MASK]")
IGNORED = -100
FINAL_WEIGHTS = [
    "bert.embeddings.word_embeddings.weight",
    "bert.embeddings.LayerNorm.weight",
    "bert.encoder.layer.0.attention.self.query.weight",
    "bert.encoder.layer.0.attention.self.key.weight",
    "bert.encoder.layer.0.attention.self.value.weight",
    "bert.encoder.layer.1.output.dense.weight",
    "bert.encoder.layer.1.output.dense.bias",
    "cls.predictions.bias",
    "cls.predictions.transform.dense.weight",
    "cls.predictions.transform.LayerNorm.weight",
    "cls.seq_relationship.weight",
]


def build_model(generator):
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
    )
    return randomise(BertForPreTraining(config).eval(), generator)


# A batch is (sequences, words, next_sentence_labels): for each sequence a list with the word at each masked place and
# IGNORED elsewhere; 0 where the second segment follows the first, 1 where it is random.


def make_batch(generator, lengths):
    """Random sequences of which about every seventh piece, and at least one, is replaced by [MASK]."""
    sequences, words = make_sequences(generator, lengths), []
    for ids, _ in sequences:
        places = [place for place, piece in enumerate(ids) if piece not in (CLS, SEP)]
        order = torch.randperm(len(places), generator=generator).tolist()
        words.append([IGNORED] * len(ids))
        for index in order[: max(1, round(0.15 * len(ids)))]:
            place = places[index]
            words[-1][place], ids[place] = ids[place], MASK
    next_sentence_labels = torch.randint(0, 2, [len(lengths)], generator=generator).tolist()
    return sequences, words, next_sentence_labels


def pack_batch(sequences, words, next_sentence_labels) -> dict:
    packed_words = torch.tensor([word for row in words for word in row], dtype=torch.int32)  # [T]
    masked_positions = (packed_words != IGNORED).nonzero().squeeze(1)
    return {
        **pack(sequences),
        "masked_positions": masked_positions.to(torch.int32),
        "masked_words": packed_words[masked_positions],
        "next_sentence_labels": torch.tensor(next_sentence_labels, dtype=torch.int32),
    }


def run(model, sequences, words, next_sentence_labels):
    labels = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in words], batch_first=True, padding_value=IGNORED
    )
    output = model(**pad(sequences), labels=labels, next_sentence_label=torch.tensor(next_sentence_labels))
    return output, labels


def pretraining_gradients(model, *batch):
    model.eval()  # no dropout
    model.zero_grad()
    loss = run(model, *batch)[0].loss
    loss.backward()
    return loss.item(), {name: parameter.grad for name, parameter in model.named_parameters()}


class Lamb(torch.optim.Optimizer):
    """You et al. (2020), algorithm 2, with the identity for φ. A group without decay, biases and LayerNorm, is not
    scaled either, as the authors exclude both from both."""

    def __init__(self, groups, lr, eps=1e-6, betas=(0.9, 0.999)):
        super().__init__(groups, {"lr": lr, "eps": eps, "betas": betas, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                self.update(parameter, group)

    def update(self, x, group):
        beta1, beta2 = group["betas"]
        state = self.state[x]
        if not state:
            state.update(t=0, m=torch.zeros_like(x), v=torch.zeros_like(x))
        state["t"] += 1
        state["m"] = beta1 * state["m"] + (1 - beta1) * x.grad
        state["v"] = beta2 * state["v"] + (1 - beta2) * x.grad.square()
        m = state["m"] / (1 - beta1 ** state["t"])
        v = state["v"] / (1 - beta2 ** state["t"])
        update = m / (v.sqrt() + group["eps"]) + group["weight_decay"] * x
        trust_ratio = 1.0
        if group["weight_decay"] > 0 and x.norm() > 0 and update.norm() > 0:
            trust_ratio = x.norm() / update.norm()
        x -= group["lr"] * trust_ratio * update


def write_forward(model, batch, out: Path):
    loss, gradients = pretraining_gradients(model, *batch)
    with torch.no_grad():
        output, labels = run(model, *batch)
        # Boolean indexing takes the masked places sequence by sequence, as they lie in the packed batch.
        word_logits, words = output.prediction_logits[labels != IGNORED], labels[labels != IGNORED]
        next_sentence_logits = output.seq_relationship_logits
        word_loss = cross_entropy(word_logits, words)
        next_sentence_loss = cross_entropy(next_sentence_logits, torch.tensor(batch[2]))
    write_tensors(
        out / "pretraining_forward.safetensors",
        {
            **pack_batch(*batch),
            "word_logits": word_logits,
            "next_sentence_logits": next_sentence_logits,
            "word_loss": word_loss,
            "next_sentence_loss": next_sentence_loss,
            "loss": torch.tensor(loss),
            **with_prefix("grad", gradients),
        },
    )


def write_training(model, generator, out: Path):
    batches = [make_batch(generator, torch.randint(3, 33, [8], generator=generator).tolist()) for _ in range(5)]
    runs = {
        "adamw": {"optimizer_class": torch.optim.AdamW, "learning_rate": 1e-3, "steps": 100},
        "bert_adam": {"optimizer_class": BertAdamW, "learning_rate": 1e-3, "steps": 10, "warmup_ratio": 0},
        "lamb": {"optimizer_class": Lamb, "learning_rate": 1e-2, "steps": 10, "warmup_ratio": 0},
    }
    curves, tensors = {}, {}
    for name, settings in runs.items():
        trained = copy.deepcopy(model)
        curves[name] = train(trained, batches, **settings, gradients_of=pretraining_gradients)
        state = trained.state_dict()
        tensors |= with_prefix(f"{name}.final", {weight: state[weight] for weight in FINAL_WEIGHTS})
    for index, batch in enumerate(batches):
        tensors |= with_prefix(f"batch.{index}", pack_batch(*batch))
    write_json(out / "pretraining_training.json", curves)
    write_tensors(out / "pretraining_training.safetensors", tensors)


def write_pretraining(out: Path):
    generator = torch.Generator().manual_seed(20190524)
    model = build_model(generator)
    model.save_pretrained(out / "tiny-bert-pretraining")
    write_tokenizer(out / "tiny-bert-pretraining")
    write_forward(model, make_batch(generator, LENGTHS), out)
    write_training(model, generator, out)
