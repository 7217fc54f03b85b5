"""Writes a very small BERT as `torch.save` does, in both of its formats, and tensors of every type and layout:
`python test/golden/make_pytorch_golden.py`."""

import os
from collections import OrderedDict
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import json

import torch
from transformers import BertConfig, BertForPreTraining

from reference import write_tensors
from tiny import SPECIAL, randomise

OUT = Path(__file__).parent / "data" / "formats"
PIECES = [*SPECIAL, *"abcdefgh", *(f"##{letter}" for letter in "abcdefgh"), "film", "good", "##s"]
CONFIG = BertConfig(
    vocab_size=len(PIECES), hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
    max_position_embeddings=16, architectures=["BertForPreTraining"],
)
FORMATS = {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}}


def write_folder(name):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    CONFIG.to_json_file(folder / "config.json")
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def old_names(state):
    """As BERT's conversion of 2018 saved it: names of TensorFlow's for LayerNorm, a buffer, kernels as transposed views."""
    def old(name):
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    def transposed(tensor):
        return tensor.t().contiguous().t() if tensor.dim() == 2 else tensor

    positions = {"bert.embeddings.position_ids": torch.arange(16).expand(1, -1)}
    return OrderedDict({**positions, **{old(name): transposed(tensor) for name, tensor in state.items()}})


def write_shards(folder, state):
    names = list(state)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    files = [f"pytorch_model-{number:05}-of-00002.bin" for number in (1, 2)]
    for file, half in zip(files, halves):
        torch.save({name: state[name].clone() for name in half}, folder / file)
    places = {name: file for file, half in zip(files, halves) for name in half}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}, indent=1))


def tensors_of_all_types(generator):
    numbers = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    types = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
    tensors = {name: (numbers.abs() * 9).to(getattr(torch, name)) for name in types}
    base = torch.randn(3, 4, 5, generator=generator)
    views = {
        "transposed": base.permute(2, 0, 1),
        "column": base[:, 1, ::2],
        "behind": base[2],
        "whole": base,
        "scalar": torch.tensor(3.5),
        "empty": torch.zeros(0, 7),
        "halves.transposed": numbers.half().t(),
        "bytes.transposed": (numbers.abs() * 9).to(torch.uint8).t(),
        "doubles.transposed": numbers.t(),
    }
    parameter = {"parameter": torch.nn.Parameter(torch.ones(2)), "__proto__": torch.zeros(1), "ümlaut": torch.ones(1)}
    return OrderedDict({**tensors, **views, **parameter})


def write_expected(name, tensors):
    write_tensors(OUT / name, {key: tensor.detach().clone() for key, tensor in tensors.items()})


def main():
    generator = torch.Generator().manual_seed(41)
    state = randomise(BertForPreTraining(CONFIG).eval(), generator).state_dict()
    torch.save(state, write_folder("pytorch-zip") / "pytorch_model.bin")
    torch.save(old_names(state), write_folder("pytorch-legacy") / "pytorch_model.bin", **FORMATS["legacy"])
    write_shards(write_folder("pytorch-sharded"), state)
    tied = {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias"}
    write_expected("weights.safetensors", {name: tensor for name, tensor in state.items() if name not in tied})

    tensors = tensors_of_all_types(generator)
    for name, options in FORMATS.items():
        torch.save(tensors, OUT / f"tensors-{name}.bin", **options)
    write_expected("tensors.safetensors", tensors)


main()
