"""What losses of a teacher's answers make of fixed numbers, and their gradients: test/golden/data/distillation.json.

    python -m pip install sentence-transformers==6.2.0
    python test/golden/make_distillation_golden.py

Those of vectors and scores are sentence-transformers', with stand-ins for models that have the numbers as they are; those of logits
are PyTorch's, as Hinton et al. (2015) put them together.
"""

import json
from pathlib import Path

import sentence_transformers
import torch
from sentence_transformers.cross_encoder import CrossEncoder
from sentence_transformers.cross_encoder import losses as pair_losses
from sentence_transformers.sentence_transformer import losses as vector_losses
from torch.nn import functional

COUNT, WIDTH, CLASSES = 5, 8, 3
TEMPERATURES = [1.0, 2.0, 4.0]
OUTPUT = Path(__file__).parent / "data" / "distillation.json"


class Vectors(torch.nn.Module):
    """Has the vectors of each column in the place of a model."""

    def forward(self, features):
        return {"sentence_embedding": features["vectors"]}


class Outputs(CrossEncoder):
    """Has an output for each pair in the place of a model."""

    device = "cpu"
    num_labels = 1

    def __init__(self, outputs):
        torch.nn.Module.__init__(self)
        self.outputs = outputs

    def preprocess(self, pairs, prompt=None, task=None):
        return {"places": torch.tensor([int(document) for _, document in pairs])}

    def forward(self, features):
        return {"scores": self.outputs[features["places"]]}


def flat(tensors):
    return [tensor.flatten().tolist() for tensor in tensors]


def of_vectors(loss, columns, answers):
    """answers: of torch's shape for the loss"""
    leaves = [column.clone().requires_grad_() for column in columns]
    value = loss([{"vectors": leaf} for leaf in leaves], answers)
    value.backward()
    return {"value": value.item(), "gradients": flat(leaf.grad for leaf in leaves)}


def of_scores(loss_class, outputs, inputs, labels):
    leaf = outputs.clone().requires_grad_()
    value = loss_class(Outputs(leaf))(inputs, labels)
    value.backward()
    return {"value": value.item(), "gradient": leaf.grad.tolist()}


def of_logits(loss, logits):
    leaf = logits.clone().requires_grad_()
    value = loss(leaf)
    value.backward()
    return {"value": value.item(), "gradient": leaf.grad.flatten().tolist()}


def vectors():
    columns = [torch.randn(COUNT, WIDTH) for _ in range(4)]
    taught = torch.randn(COUNT, WIDTH)
    scores = torch.randn(3, COUNT) * 5  # of the positive and two negatives
    model = Vectors()
    margin = vector_losses.MarginMSELoss(model)
    one, two = (scores[0] - scores[1], torch.stack([scores[0] - scores[1], scores[0] - scores[2]], 1))
    return {
        "columns": flat(columns), "taught": taught.flatten().tolist(), "scores": scores.tolist(),
        "mse": of_vectors(vector_losses.MSELoss(model), columns[:1], taught),
        "margin-mse": [of_vectors(margin, columns[:3], one), of_vectors(margin, columns, two)],
    }


def scores():
    """Three documents of each query, the first of which is the positive."""
    outputs, taught = torch.randn(3 * COUNT) * 3, torch.randn(3 * COUNT) * 3
    places = [str(place) for place in range(3 * COUNT)]
    queries = ["q"] * COUNT
    of_query = taught.reshape(COUNT, 3)
    margins = of_query[:, :1] - of_query[:, 1:]
    lists = [queries, places[0::3], places[1::3], places[2::3]]
    pairs = [["q"] * len(places), places]
    return {
        "outputs": outputs.tolist(), "taught": taught.tolist(), "documents": 3,
        "mse": of_scores(pair_losses.MSELoss, outputs, pairs, taught),
        "margin-mse": of_scores(pair_losses.MarginMSELoss, outputs, lists, margins),
    }


def logits():
    own, taught = torch.randn(COUNT, CLASSES) * 2, torch.randn(COUNT, CLASSES) * 3

    def divergence(temperature):
        return lambda leaf: temperature**2 * functional.kl_div(
            functional.log_softmax(leaf / temperature, -1), functional.softmax(taught / temperature, -1),
            reduction="batchmean")

    def binary(temperature):
        return lambda leaf: temperature**2 * functional.binary_cross_entropy_with_logits(
            leaf / temperature, torch.sigmoid(taught / temperature))

    return {
        "own": own.flatten().tolist(), "taught": taught.flatten().tolist(), "classes": CLASSES,
        "divergence": [{"temperature": t, **of_logits(divergence(t), own)} for t in TEMPERATURES],
        "binary": [{"temperature": t, **of_logits(binary(t), own)} for t in TEMPERATURES],
    }


def main():
    torch.manual_seed(11)
    versions = {"torch": torch.__version__, "sentence-transformers": sentence_transformers.__version__}
    golden = {"versions": versions, "count": COUNT, "width": WIDTH,
              "vectors": vectors(), "scores": scores(), "logits": logits()}
    OUTPUT.write_text(json.dumps(golden) + "\n")
    print(golden["vectors"]["mse"]["value"], golden["scores"]["margin-mse"]["value"])


main()
