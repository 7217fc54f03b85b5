"""Writes what Captum's integrated gradients give on the tiny models: `python test/golden/make_explanation_golden.py`.

Needs captum and transformers. The baseline has `[PAD]` in the place of every token of a text; `[CLS]` and `[SEP]` stay."""

import json
from pathlib import Path

import captum
import torch
import transformers
from captum.attr import LayerIntegratedGradients
from transformers import (
    AutoTokenizer,
    BertForSequenceClassification,
    BertForTokenClassification,
)

DATA = Path(__file__).parent / "data"
VERSIONS = {"captum": captum.__version__, "torch": torch.__version__, "transformers": transformers.__version__}
STEPS = 20
PAD = 0
SPECIAL = {2, 3}  # [CLS] and [SEP]


def attribute(model, encoded, output):
    """Attributions of one sequence's tokens, and what they explain."""
    ids = encoded["input_ids"]
    is_special = torch.tensor([[one in SPECIAL for one in ids[0].tolist()]])
    baseline = torch.where(is_special, ids, torch.full_like(ids, PAD))
    others = {name: value for name, value in encoded.items() if name != "input_ids"}

    def forward(input_ids, *rest):
        copies = input_ids.shape[0]
        kept = {name: value.expand(copies, -1) for name, value in others.items()}
        return output(model(input_ids=input_ids, **kept))

    method = LayerIntegratedGradients(forward, model.bert.embeddings.word_embeddings)
    found, delta = method.attribute(ids, baseline, n_steps=STEPS, return_convergence_delta=True)
    with torch.no_grad():
        ends = [forward(one).item() for one in (ids, baseline)]
    return {
        "attributions": found.sum(-1)[0].tolist(),
        "output": ends[0],
        "baseline": ends[1],
        "delta": delta.item(),
    }


def load(kind, name):
    model = kind.from_pretrained(DATA / name, attn_implementation="eager").eval()
    return model, AutoTokenizer.from_pretrained(DATA / name)


def main():
    cases = {}
    model, tokenizer = load(BertForSequenceClassification, "tiny-bert")
    single = tokenizer("the film was good, never dull", return_tensors="pt")
    pair = tokenizer("the film was good", "a great story", return_tensors="pt")
    cases["classification"] = attribute(model, single, lambda out: out.logits[:, 2])
    cases["pair"] = attribute(model, pair, lambda out: out.logits[:, 0])
    model, tokenizer = load(BertForTokenClassification, "tiny-bert-tokens")
    words = tokenizer("the film was good", return_tensors="pt")
    cases["tokens"] = attribute(model, words, lambda out: out.logits[:, 2, 1])
    (DATA / "explanation.json").write_text(
        json.dumps({"versions": VERSIONS, "steps": STEPS, "cases": cases}, indent=1) + "\n", encoding="utf8"
    )


if __name__ == "__main__":
    main()
