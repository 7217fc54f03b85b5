"""Sentence embeddings of a real encoder: mean of the last layer over a text's tokens, normalised, as
sentence-transformers computes them (its modules Transformer, Pooling with "mean", Normalize)."""

import argparse
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import BertModel

from minilm import encode, read_paragraphs, read_sst2
from reference import pad, write_json, write_tensors

ROWS = list(range(3, 3 + 40 * 21, 21))  # of the 872 in sst2/dev.tsv
PARAGRAPHS = {"xquad/xquad.en.json": [10, 100], "xquad/xquad.es.json": [20, 120], "xquad/xquad.zh.json": [30, 11]}
MAX_SEQ_LENGTH = 256  # of all-MiniLM-L6-v2's sentence_bert_config.json


def read_texts(data: Path) -> list:
    texts, _ = read_sst2(data / "sst2/dev.tsv", ROWS)
    for file, numbers in PARAGRAPHS.items():
        texts += read_paragraphs(data / file, numbers)
    return texts


def embed(checkpoint: Path, texts: list) -> torch.Tensor:
    model = BertModel.from_pretrained(checkpoint, dtype=torch.float32).eval()
    padded = pad(encode(checkpoint, texts, MAX_SEQ_LENGTH))
    with torch.no_grad():
        hidden = model(**padded).last_hidden_state  # [B, L, H]
    real = padded["attention_mask"].unsqueeze(-1).float()
    mean = (hidden * real).sum(1) / real.sum(1)
    return torch.nn.functional.normalize(mean)  # [B, H]


def write_embeddings(checkpoint: Path, data: Path, out: Path):
    write_tensors(out / "minilm_embeddings.safetensors", {"embeddings": embed(checkpoint, read_texts(data))})
    sources = [{"file": "sst2/dev.tsv", "rows": ROWS}]
    sources += [{"file": file, "paragraphs": numbers} for file, numbers in PARAGRAPHS.items()]
    write_json(out / "minilm_embeddings.json", {"sources": sources, "maxSeqLength": MAX_SEQ_LENGTH})


def compare_with_sentence_transformers(checkpoint: Path, data: Path):
    """Prints how far the values above are from those of the library itself, which the golden files do not need."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    transformer = Transformer(str(checkpoint), max_seq_length=MAX_SEQ_LENGTH)
    library = SentenceTransformer(
        modules=[transformer, Pooling(384, pooling_mode="mean"), Normalize()], device="cpu"
    )
    texts = read_texts(data)
    theirs = library.encode(texts, convert_to_tensor=True)
    print("largest difference:", (theirs - embed(checkpoint, texts)).abs().max().item())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=compare_with_sentence_transformers.__doc__)
    parser.add_argument("--minilm", type=Path, required=True, help="directory of all-MiniLM-L6-v2")
    parser.add_argument("--data", type=Path, required=True, help="directory that holds sst2/ and xquad/")
    arguments = parser.parse_args()
    compare_with_sentence_transformers(arguments.minilm, arguments.data)
