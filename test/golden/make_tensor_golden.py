"""Writes what PyTorch's tensor operations give, and where SGD leads the tiny classifier:
`python test/golden/make_tensor_golden.py`."""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import load_file
from torch.nn import functional as F
from transformers import BertForSequenceClassification

from reference import decay_groups, with_prefix, write_tensors
from tiny import FINAL_WEIGHTS

OUT = Path(__file__).parent / "data"
RATE = 0.05


def pair(result) -> dict:
    """Values and int64 indices, which are stored as int32."""
    return {"values": result.values, "indices": result.indices.int()}


def write_operations():
    generator = torch.Generator().manual_seed(16)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    x, y, z, square, batch = normal(3, 4), normal(3, 4), normal(3, 4), normal(2, 3, 4), normal(2, 4, 5)
    rows, places = torch.tensor([2, 0, 2]), torch.tensor([[0, 1, 1, 2], [2, 2, 0, 0], [1, 1, 1, 1]])
    signs = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
    ties = torch.tensor([2.0, 1.0, 2.0, 0.0, 1.0], dtype=torch.float64)
    p, q = x.softmax(-1), y.log_softmax(-1)
    booleans = x > 0.5
    results = {
        "indexAdd": x.index_add(0, rows, y),
        "scatterAdd": x.scatter_add(0, places, y),
        "max": x.max(),
        "min": x.min(),
        **with_prefix("maxAlong", pair(x.max(1))),
        **with_prefix("minAlong", pair(x.min(0, keepdim=True))),
        "argmin": x.argmin(1).int(),
        "amin": x.amin([0]),
        "logsumexp": x.logsumexp([1], True),
        "logsumexpOfAll": x.logsumexp([0, 1]),
        "cumsum": x.cumsum(1),
        **with_prefix("sort", pair(x.sort(1))),
        **with_prefix("sortOfTies", pair(ties.sort(stable=True, descending=True))),
        **with_prefix("topk", pair(x.topk(2, 0))),
        "std": x.std(),
        "stdOfPopulation": x.std([1], correction=0),
        "any": booleans.any(1).int(),
        "all": booleans.all().int(),
        "oneHot": F.one_hot(rows, 4).int(),
        "flatten": square.flatten(1).clone(),
        "split.1": square.split(2, 1)[1].clone(),
        "chunk.1": x.chunk(3, 1)[1].clone(),
        "where": torch.where(booleans, x, y),
        "bmm": square.bmm(batch),
        "einsum": torch.einsum("bij,bjk->ik", square, batch),
        "addcmul": x.addcmul(y, z, value=-0.5),
        "silu": F.silu(x),
        "normalize": F.normalize(x, dim=0),
        "normalizeByOne": F.normalize(x, p=1.0),
        "norm": x.norm(dim=1),
        "klDiv": F.kl_div(q, p, reduction="batchmean"),
        "klDivOfLogs": F.kl_div(q, p.log(), reduction="sum", log_target=True),
        "cosineSimilarity": F.cosine_similarity(x, y),
        "cosineEmbeddingLoss": F.cosine_embedding_loss(x, y, signs, margin=0.1, reduction="none"),
    }
    inputs = {
        "x": x, "y": y, "z": z, "square": square, "batch": batch, "signs": signs, "ties": ties, "rows": rows.int(),
        "places": places.int(),
    }
    write_tensors(OUT / "tensor_ops.safetensors", {**inputs, **with_prefix("result", results)})


def losses_and_weights(make_optimizer) -> dict:
    """Five updates on the batches of tiny_training.safetensors, without dropout."""
    model = BertForSequenceClassification.from_pretrained(OUT / "tiny-bert").eval()
    stored = load_file(OUT / "tiny_training.safetensors")
    optimizer = make_optimizer(model)
    losses = []
    for index in range(5):
        batch = {name: stored[f"batch.{index}.{name}"].long() for name in ("input_ids", "token_type_ids", "labels")}
        starts = stored[f"batch.{index}.cu_seqlens"].tolist()
        spans = [slice(*ends) for ends in zip(starts, starts[1:])]

        def padded(rows):
            return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)

        loss = model(
            input_ids=padded([batch["input_ids"][span] for span in spans]),
            token_type_ids=padded([batch["token_type_ids"][span] for span in spans]),
            attention_mask=padded([torch.ones_like(batch["input_ids"][span]) for span in spans]),
            labels=batch["labels"],
        ).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    state = model.state_dict()
    return {"losses": torch.tensor(losses), **with_prefix("final", {name: state[name] for name in FINAL_WEIGHTS})}


def write_sgd():
    plain = losses_and_weights(lambda model: torch.optim.SGD(model.parameters(), lr=RATE))
    nesterov = losses_and_weights(
        lambda model: torch.optim.SGD(decay_groups(model, 0.1), lr=RATE, momentum=0.9, nesterov=True)
    )
    write_tensors(OUT / "tiny_sgd.safetensors", {**with_prefix("sgd", plain), **with_prefix("nesterov", nesterov)})


torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
write_operations()
write_sgd()
