"""What sentence-transformers' losses make of fixed vectors, and their gradients: test/golden/data/vector-losses.json.

    python -m pip install sentence-transformers==6.2.0
    python test/golden/make_vector_losses_golden.py

A stand-in for a model hands the losses the vectors as they are, so that nothing but the losses is compared.
"""

import json
from pathlib import Path

import sentence_transformers
import torch
from sentence_transformers.sentence_transformer import losses

COUNT, WIDTH = 6, 16
DIMS = [16, 8, 4]
OUTPUT = Path(__file__).parent / "data" / "vector-losses.json"


class Vectors(torch.nn.Module):
    """Has the vectors of each column in the place of a model."""

    def forward(self, features):
        return {"sentence_embedding": features["vectors"]}

    def get_embedding_dimension(self):
        return WIDTH

    get_sentence_embedding_dimension = get_embedding_dimension


def made(name, loss, columns, labels=None):
    leaves = [column.clone().requires_grad_() for column in columns]
    features = [{"vectors": leaf} for leaf in leaves]
    value = loss(features, labels)
    value.backward()
    return {"loss": name, "value": value.item(), "gradients": [leaf.grad.flatten().tolist() for leaf in leaves],
            "columns": len(columns), "scored": labels is not None}


def main():
    torch.manual_seed(7)
    columns = [torch.randn(COUNT, WIDTH) for _ in range(4)]
    scores = torch.tensor([0.1, 0.9, 0.4, 0.4, 0.7, 0.0])
    model = Vectors()
    ranking = losses.MultipleNegativesRankingLoss(model, scale=20.0)
    symmetric = losses.MultipleNegativesSymmetricRankingLoss(model, scale=20.0)
    cosent = losses.CoSENTLoss(model, scale=20.0)
    cosine = losses.CosineSimilarityLoss(model)
    triplet = losses.TripletLoss(model, triplet_margin=5)
    matryoshka = losses.MatryoshkaLoss(model, ranking, matryoshka_dims=DIMS)
    cases = [
        made("multiple-negatives-ranking", ranking, columns[:2]),
        made("multiple-negatives-ranking", ranking, columns[:3]),
        made("multiple-negatives-ranking", ranking, columns),
        made("multiple-negatives-symmetric-ranking", symmetric, columns[:2]),
        made("multiple-negatives-symmetric-ranking", symmetric, columns[:3]),
        made("cosent", cosent, columns[:2], scores),
        made("cosine-similarity", cosine, columns[:2], scores),
        made("triplet", triplet, columns[:3]),
        {**made("multiple-negatives-ranking", matryoshka, columns[:3]), "dims": DIMS},
    ]
    versions = {"torch": torch.__version__, "sentence-transformers": sentence_transformers.__version__}
    golden = {"versions": versions, "count": COUNT, "width": WIDTH, "scores": scores.tolist(),
              "vectors": [column.flatten().tolist() for column in columns], "cases": cases}
    OUTPUT.write_text(json.dumps(golden) + "\n")
    print([(case["loss"], round(case["value"], 5)) for case in cases])


main()
