"""A tiny BERT that finds answers: its checkpoint, forward, and 20 steps of AdamW."""

import copy
from pathlib import Path

import torch
from transformers import BertConfig, BertForQuestionAnswering

from reference import pack, pad, real_tokens, train, with_prefix, write_json, write_tensors
from tiny import LENGTHS, VOCABULARY, make_sequences, randomise, write_tokenizer

EQUAL_LENGTHS = [20] * 8
# Not the bias of qa_outputs: the softmax over the tokens does not see it, so it only follows rounding errors.
FINAL_WEIGHTS = [
    "bert.embeddings.word_embeddings.weight",
    "bert.embeddings.LayerNorm.weight",
    "bert.encoder.layer.0.attention.self.query.weight",
    "bert.encoder.layer.1.output.dense.bias",
    "qa_outputs.weight",
]


def build_model(generator):
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
    )
    return randomise(BertForQuestionAnswering(config).eval(), generator)


def make_batch(generator, lengths):
    """Sequences with the places where their answers start and end; every fourth has none, which is [CLS]."""
    starts, ends = [], []
    for index, length in enumerate(lengths):
        places = torch.randint(1, length, [2], generator=generator).sort().values.tolist()
        start, end = (0, 0) if index % 4 == 3 else places
        starts.append(start)
        ends.append(end)
    return make_sequences(generator, lengths), starts, ends


def pack_batch(sequences, starts, ends) -> dict:
    places = {"start_positions": starts, "end_positions": ends}
    return {**pack(sequences), **{name: torch.tensor(rows, dtype=torch.int32) for name, rows in places.items()}}


def run(model, sequences, starts, ends):
    return model(**pad(sequences), start_positions=torch.tensor(starts), end_positions=torch.tensor(ends))


def loss_of(model, sequences, starts, ends):
    """The mean of what each sequence gives alone: in a padded batch transformers counts the padding too."""
    rows = zip(sequences, starts, ends)
    return torch.stack([run(model, [sequence], [start], [end]).loss for sequence, start, end in rows]).mean()


def span_gradients(model, *batch):
    model.eval()  # no dropout
    model.zero_grad()
    loss = loss_of(model, *batch)
    loss.backward()
    return loss.item(), {}


def forward(model, batch) -> dict:
    with torch.no_grad():
        output = run(model, *batch)
        logits = torch.stack([output.start_logits, output.end_logits], dim=-1)  # [B, L, 2]
        return {
            **pack_batch(*batch),
            "logits": real_tokens(logits, pad(batch[0])["attention_mask"]),
            "loss": loss_of(model, *batch),
            "padded_loss": output.loss,
        }


def write_training(model, generator, out: Path):
    batches = [make_batch(generator, torch.randint(3, 33, [8], generator=generator).tolist()) for _ in range(5)]
    trained = copy.deepcopy(model)
    curve = train(trained, batches, torch.optim.AdamW, learning_rate=1e-3, gradients_of=span_gradients)
    state = trained.state_dict()
    tensors = with_prefix("final", {weight: state[weight] for weight in FINAL_WEIGHTS})
    for index, batch in enumerate(batches):
        tensors |= with_prefix(f"batch.{index}", pack_batch(*batch))
    write_json(out / "question_answering_training.json", curve)
    write_tensors(out / "question_answering_training.safetensors", tensors)


def write_question_answering(out: Path):
    generator = torch.Generator().manual_seed(20160616)
    model = build_model(generator)
    model.save_pretrained(out / "tiny-bert-questions")
    write_tokenizer(out / "tiny-bert-questions")
    batches = {"varied": make_batch(generator, LENGTHS), "equal": make_batch(generator, EQUAL_LENGTHS)}
    tensors = {}
    for name, batch in batches.items():
        tensors |= with_prefix(name, forward(model, batch))
    write_tensors(out / "question_answering_forward.safetensors", tensors)
    write_training(model, generator, out)
