"""The tiny pre-training checkpoint as a BertForMaskedLM: logits and training on the masked words alone."""

import copy
from pathlib import Path

import torch
from transformers import BertForMaskedLM

from pretraining import IGNORED, make_batch, pack_batch
from reference import pad, train, with_prefix, write_json, write_tensors
from tiny import LENGTHS

FINAL_WEIGHTS = [
    "bert.embeddings.word_embeddings.weight",
    "bert.encoder.layer.0.attention.self.query.weight",
    "cls.predictions.bias",
    "cls.predictions.transform.dense.weight",
]


# A batch is that of pretraining.py; its next-sentence labels are not looked at.


def run(model, sequences, words, _):
    labels = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in words], batch_first=True, padding_value=IGNORED
    )
    return model(**pad(sequences), labels=labels), labels


def word_gradients(model, *batch):
    model.eval()  # no dropout
    model.zero_grad()
    loss = run(model, *batch)[0].loss
    loss.backward()
    return loss.item(), {name: parameter.grad for name, parameter in model.named_parameters()}


def pack_words(batch) -> dict:
    packed = pack_batch(*batch)
    del packed["next_sentence_labels"]
    return packed


def write_masked_lm(out: Path):
    generator = torch.Generator().manual_seed(20200423)
    model = BertForMaskedLM.from_pretrained(out / "tiny-bert-pretraining", dtype=torch.float32).eval()
    forward = make_batch(generator, LENGTHS)
    batches = [make_batch(generator, torch.randint(3, 33, [8], generator=generator).tolist()) for _ in range(5)]
    with torch.no_grad():
        output, labels = run(model, *forward)

    trained = copy.deepcopy(model)
    curve = train(trained, batches, torch.optim.AdamW, learning_rate=1e-3, gradients_of=word_gradients)
    write_json(out / "masked_lm.json", {"adamw": curve})

    # Boolean indexing takes the masked places sequence by sequence, as they lie in the packed batch.
    logits = output.logits[labels != IGNORED]
    tensors = with_prefix("forward", {**pack_words(forward), "logits": logits, "loss": output.loss})
    for index, batch in enumerate(batches):
        tensors |= with_prefix(f"batch.{index}", pack_words(batch))
    state = trained.state_dict()
    tensors |= with_prefix("adamw.final", {name: state[name] for name in FINAL_WEIGHTS})
    write_tensors(out / "masked_lm.safetensors", tensors)
