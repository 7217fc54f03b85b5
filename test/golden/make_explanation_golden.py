"""Writes what Captum's integrated gradients give on the tiny models: `python test/golden/make_explanation_golden.py`.

Needs captum, transformers and sentence-transformers. The baseline has `[PAD]` in the place of every token of a text; `[CLS]`, `[SEP]`,
`[MASK]` and the tokens of a prompt stay."""

import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import captum
import sentence_transformers
import torch
import transformers
from captum.attr import LayerIntegratedGradients
from sentence_transformers import SentenceTransformer
from transformers import (
    AutoTokenizer,
    BertForPreTraining,
    BertForSequenceClassification,
    BertForTokenClassification,
)

DATA = Path(__file__).parent / "data"
PACKAGES = (captum, torch, transformers, sentence_transformers)
VERSIONS = {package.__name__: package.__version__ for package in PACKAGES}
STEPS = 20
PAD = 0
KEPT = {2, 3, 4}  # [CLS], [SEP] and [MASK]

TEXT = "the film was good"
OTHER = "A slow, dull plot."
# Each layout of test/golden/data/sentence, and what the text is in a search.
SIMILARITIES = {
    "mean-normalize": None,
    "cls": None,
    "max-last": None,
    "sqrt-weighted": None,
    "dense": None,
    "residual-norm": None,
    "prompts": None,
    "prompt-left-out": "query",
}


def attribute(model, encoded, output, layer, prompt=0):
    """Attributions of one sequence's tokens, and what they explain."""
    ids = encoded["input_ids"]
    is_kept = torch.tensor([[place <= prompt or one in KEPT for place, one in enumerate(ids[0].tolist())]])
    baseline = torch.where(is_kept, ids, torch.full_like(ids, PAD))
    others = {name: value for name, value in encoded.items() if name != "input_ids"}

    def forward(input_ids, *rest):
        copies = input_ids.shape[0]
        kept = {name: value.expand(copies, -1) for name, value in others.items()}
        return output(model(input_ids=input_ids, **kept))

    method = LayerIntegratedGradients(forward, layer)
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


def similarity(layout, role):
    """How alike the vector of a text is to another text's, by a model of sentence-transformers."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("encoder", layout):
            shutil.copytree(DATA / "sentence" / part, folder, dirs_exist_ok=True)
        model = SentenceTransformer(folder, device="cpu", model_kwargs={"attn_implementation": "eager"}).eval()
    encode = model.encode_document if role == "query" else model.encode
    other = encode([OTHER], convert_to_tensor=True).clone()  # no inference tensor
    name = role or model.default_prompt_name
    prompt = model.prompts.get(name, "") if name else ""
    encoded = dict(model.preprocess([TEXT], prompt=prompt or None))
    length = {"prompt_length": encoded.pop("prompt_length")} if prompt else {}
    encoded = {name: value for name, value in encoded.items() if isinstance(value, torch.Tensor)}

    def call(**inputs):
        return model({**inputs, **length})["sentence_embedding"][:, : model.truncate_dim]

    def output(vectors):
        return model.similarity(vectors, other.expand(1, -1))[:, 0]

    layer = model[0].auto_model.embeddings.word_embeddings
    return attribute(call, encoded, output, layer, prompt=len(model.tokenizer.tokenize(prompt)))


def main():
    cases = {}
    model, tokenizer = load(BertForSequenceClassification, "tiny-bert")
    words = model.bert.embeddings.word_embeddings
    single = tokenizer("the film was good, never dull", return_tensors="pt")
    pair = tokenizer(TEXT, "a great story", return_tensors="pt")
    cases["classification"] = attribute(model, single, lambda out: out.logits[:, 2], words)
    cases["pair"] = attribute(model, pair, lambda out: out.logits[:, 0], words)
    model, tokenizer = load(BertForTokenClassification, "tiny-bert-tokens")
    encoded = tokenizer(TEXT, return_tensors="pt")
    words = model.bert.embeddings.word_embeddings
    cases["tokens"] = attribute(model, encoded, lambda out: out.logits[:, 2, 1], words)
    model, tokenizer = load(BertForPreTraining, "tiny-bert-pretraining")
    encoded = tokenizer("the [MASK] was [MASK] good", return_tensors="pt")
    film = tokenizer.convert_tokens_to_ids("film")
    words = model.bert.embeddings.word_embeddings
    cases["mask"] = attribute(model, encoded, lambda out: out.prediction_logits[:, 4, film], words)
    for layout, role in SIMILARITIES.items():
        cases[f"similarity {layout}"] = similarity(layout, role)
    (DATA / "explanation.json").write_text(
        json.dumps({"versions": VERSIONS, "steps": STEPS, "cases": cases}, indent=1) + "\n", encoding="utf8"
    )


if __name__ == "__main__":
    main()
