"""What sentence-transformers' losses of cross-encoders make of fixed outputs, their gradients, and what its evaluator makes of them:
test/golden/data/ranking.json.

    python -m pip install sentence-transformers==6.2.0
    python test/golden/make_ranking_golden.py

A stand-in for a model has the outputs as they are, so that nothing but losses and figures is compared.
"""

import json
from pathlib import Path

import sentence_transformers
import sklearn
import torch
from sentence_transformers.cross_encoder import CrossEncoder, losses
from sentence_transformers.cross_encoder.evaluation import CrossEncoderRerankingEvaluator
from sklearn.metrics import ndcg_score

LENGTHS = [4, 2, 3, 12]  # documents of each query
OUTPUT = Path(__file__).parent / "data" / "ranking.json"


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


def made(name, loss_class, outputs, inputs, labels, **settings):
    leaf = outputs.clone().requires_grad_()
    options = {"mini_batch_size": -1} if loss_class in (losses.ListNetLoss, losses.LambdaLoss) else {}
    if "posWeight" in settings:
        options["pos_weight"] = torch.tensor(settings["posWeight"])
    value = loss_class(Outputs(leaf), **options)(inputs, labels)
    value.backward()
    return {"loss": name, **settings, "labels": torch.cat([labels] if torch.is_tensor(labels) else labels).tolist(),
            "value": value.item(), "gradient": leaf.grad.tolist()}


def figures(outputs, labels):
    """Of each list; mrrAt10 is sentence-transformers' own."""
    places = []
    for scores, relevance in zip(outputs, labels):
        mrr, _, precision = CrossEncoderRerankingEvaluator.compute_metrics(
            type("", (), {"at_k": 10}), (relevance > 0).int().numpy(), scores.numpy())
        gain = ndcg_score([relevance.numpy()], [scores.numpy()], k=10)
        places.append({"mrrAt10": float(mrr), "ndcgAt10": float(gain), "map": float(precision)})
    return places


def main():
    torch.manual_seed(5)
    count = sum(LENGTHS)
    outputs = torch.randn(count) * 3
    binary = (torch.rand(count) < 0.4).float()
    soft, graded = torch.rand(count), torch.randint(0, 4, (count,)).float()
    places = [str(place) for place in range(count)]
    pairs = [["q"] * count, places]
    lists = [["q"] * len(LENGTHS), [list(some) for some in split(places)]]
    bce, list_net = losses.BinaryCrossEntropyLoss, losses.ListNetLoss
    cases = [
        made("binary-cross-entropy", bce, outputs, pairs, binary),
        made("binary-cross-entropy", bce, outputs, pairs, soft),
        made("binary-cross-entropy", bce, outputs, pairs, binary, posWeight=4.0),
        made("binary-cross-entropy", bce, outputs, pairs, soft, posWeight=0.5),
        made("list-net", list_net, outputs, lists, list(split(binary))),
        made("list-net", list_net, outputs, lists, list(split(graded))),
        made("lambda", losses.LambdaLoss, outputs, lists, list(split(binary))),
        made("lambda", losses.LambdaLoss, outputs, lists, list(split(graded))),
    ]
    golden = {
        "versions": {"torch": torch.__version__, "sentence-transformers": sentence_transformers.__version__,
                     "scikit-learn": sklearn.__version__},
        "lengths": LENGTHS, "outputs": outputs.tolist(), "cases": cases,
        "figures": [{"labels": labels.tolist(), "lists": figures(split(outputs), split(labels))} for labels in (binary, graded)],
    }
    OUTPUT.write_text(json.dumps(golden, indent=1) + "\n")
    print([(case["loss"], round(case["value"], 5)) for case in cases])


def split(values):
    if torch.is_tensor(values):
        return torch.split(values, LENGTHS)
    starts = [sum(LENGTHS[:index]) for index in range(len(LENGTHS))]
    return [values[start:start + length] for start, length in zip(starts, LENGTHS)]


main()
