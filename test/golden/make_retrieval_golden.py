"""What sentence-transformers' evaluators and its search for hard negatives make of fixed vectors: test/golden/data/retrieval.json.

    python -m pip install sentence-transformers==6.2.0 datasets
    python test/golden/make_retrieval_golden.py

A stand-in for a model has a vector for each text, in float64, so that nothing but the figures is compared.
"""

import json
import random
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
from datasets import Dataset
from sentence_transformers import util
from sklearn.metrics import ndcg_score
from sentence_transformers.sentence_transformer import evaluation

WIDTH = 6
OUTPUT = Path(__file__).parent / "data" / "retrieval.json"
SIMILARITIES = ["cosine", "dot", "euclidean", "manhattan"]
PAIRWISE = {"cosine": util.pairwise_cos_sim, "dot": util.pairwise_dot_score,
            "euclidean": util.pairwise_euclidean_sim, "manhattan": util.pairwise_manhattan_sim}
EACH = {"cosine": util.cos_sim, "dot": util.dot_score, "euclidean": util.euclidean_sim, "manhattan": util.manhattan_sim}


class CardData:
    base_model = None

    def set_evaluation_metrics(self, *_):
        pass


class Vectors:
    """Has the vector of each text in the place of a model."""

    device = torch.device("cpu")
    model_card_data = CardData()

    def __init__(self, vectors, similarity):
        self.vectors = vectors
        self.similarity_fn_name = similarity
        self.similarity_pairwise = PAIRWISE[similarity]
        self.similarity = EACH[similarity]

    def encode(self, texts, convert_to_tensor=False, normalize_embeddings=False, **_):
        made = np.array([self.vectors[text] for text in texts])
        if normalize_embeddings:
            made = made / np.linalg.norm(made, axis=1, keepdims=True)
        return torch.from_numpy(made) if convert_to_tensor else made

    encode_query = encode
    encode_document = encode


class Scores:
    """Has the score of each pair in the place of a cross-encoder."""

    def __init__(self, scores):
        self.scores = scores

    def predict(self, pairs, convert_to_tensor=False, **_):
        return torch.tensor([self.scores[query][document] for query, document in pairs], dtype=torch.float64)


def plain(figures):
    return {name: float(value) for name, value in figures.items()}


def retrieval(vectors, queries, documents):
    relevant = {query: set(random.sample(documents, random.randint(0, 4))) for query in queries}
    cases = []
    for similarity in SIMILARITIES:
        evaluator = evaluation.InformationRetrievalEvaluator(
            {query: query for query in queries}, {document: document for document in documents}, relevant,
            mrr_at_k=[3, 10], ndcg_at_k=[3, 10], map_at_k=[5, 100], show_progress_bar=False)
        cases.append({"similarity": similarity, "figures": plain(evaluator(Vectors(vectors, similarity)))})
    return {"relevant": {query: sorted(documents) for query, documents in relevant.items()}, "cases": cases}


def graded(vectors, queries, documents):
    """The NDCG of grades, whose gains are the grades themselves, as in trec_eval."""
    grades = {query: {document: random.randint(0, 3) for document in random.sample(documents, 6)} for query in queries}
    relevance = [[grades[query].get(document, 0) for document in documents] for query in queries]
    cosines = util.cos_sim(*(torch.tensor([vectors[text] for text in texts]) for texts in (queries, documents)))
    return {"grades": grades, "ndcg": {k: float(ndcg_score(relevance, cosines.numpy(), k=k)) for k in (3, 10, 24)}}


def reranking(vectors, queries, documents):
    samples = []
    for query in queries:
        chosen = random.sample(documents, 9)
        count = random.randint(1, 4)
        samples.append({"query": query, "positive": chosen[:count], "negative": chosen[count:]})
    samples[0]["negative"] = [*samples[0]["negative"], samples[0]["positive"][0]]  # a tie
    cases = [{"k": k, "figures": plain(evaluation.RerankingEvaluator(samples, at_k=k)(Vectors(vectors, "cosine")))}
             for k in (3, 10)]
    return {"samples": samples, "cases": cases}


def pairs(vectors, queries, documents):
    left = [random.choice(queries) for _ in range(40)]
    right = [random.choice(documents) for _ in range(40)]
    labels = [random.randint(0, 1) for _ in range(40)]
    scores = [random.choice([0, 0.25, 0.5, 0.75, 1]) for _ in range(40)]
    others = [random.choice(documents) for _ in range(40)]
    cases = []
    for similarity in SIMILARITIES:
        model = Vectors(vectors, similarity)
        cases.append({
            "similarity": similarity,
            "binary": plain(evaluation.BinaryClassificationEvaluator(left, right, labels)(model)),
            "correlation": plain(evaluation.EmbeddingSimilarityEvaluator(left, right, scores)(model)),
            "triplet": plain(evaluation.TripletEvaluator(left, right, others)(model)),
            "triplet with a margin": plain(evaluation.TripletEvaluator(left, right, others, margin=0.3)(model)),
        })
    return {"left": left, "right": right, "others": others, "labels": labels, "scores": scores, "cases": cases}


MINING = [
    {},
    {"num_negatives": 1, "range_min": 2},
    {"range_min": 1, "range_max": 5},
    {"max_score": 0.6},
    {"min_score": 0.3, "num_negatives": 5},
    {"absolute_margin": 0.1},
    {"relative_margin": 0.2, "range_max": 4, "num_negatives": 2},
    {"absolute_margin": 0.05, "relative_margin": 0.05, "max_score": 0.7, "min_score": -0.2, "range_min": 1},
]


def mining(vectors, queries, documents):
    rows = [(query, document) for query, document in zip(queries, documents)]
    rows += [(queries[0], documents[5]), (queries[2], documents[7]), (queries[2], documents[2]), rows[1]]
    dataset = Dataset.from_dict({"anchor": [anchor for anchor, _ in rows], "positive": [positive for _, positive in rows]})
    others = documents[len(queries):]
    cases = []
    for similarity in ("cosine", "euclidean"):
        for corpus in (None, others):
            for options in MINING:
                mined = util.mine_hard_negatives(dataset, Vectors(vectors, similarity), corpus=corpus, verbose=False, **options)
                triplets = [[row["anchor"], row["positive"], row["negative"]] for row in mined]
                cases.append({"similarity": similarity, "others": corpus is not None, "options": options, "triplets": triplets})
    return {"rows": rows, "others": others, "cases": cases}


RESCORED = [{"absolute_margin": 0.1}, {"relative_margin": 0.2, "num_negatives": 1, "range_min": 1},
            {"max_score": 0.5, "min_score": 0.1, "range_max": 6}]


def rescored(vectors, queries, documents, dataset_rows):
    scores = {query: {document: round(random.random(), 4) for document in documents} for query in queries}
    dataset = Dataset.from_dict({"anchor": [a for a, _ in dataset_rows], "positive": [p for _, p in dataset_rows]})
    cases = []
    for options in RESCORED:
        mined = util.mine_hard_negatives(dataset, Vectors(vectors, "cosine"), cross_encoder=Scores(scores),
                                         corpus=documents, verbose=False, **options)
        cases.append({"options": options, "triplets": [[row["anchor"], row["positive"], row["negative"]] for row in mined]})
    return {"scores": scores, "cases": cases}


def main():
    random.seed(3)
    generator = np.random.default_rng(3)
    queries = [f"q{number}" for number in range(8)]
    documents = [f"d{number:02}" for number in range(24)]
    # Few digits, so that the file is short; not so few that distances are equal.
    vectors = {text: [round(float(value), 4) for value in generator.normal(size=WIDTH)] for text in [*queries, *documents]}
    arguments = (vectors, queries, documents)
    golden = {"versions": {"sentence-transformers": sentence_transformers.__version__}, "vectors": vectors,
              "retrieval": retrieval(*arguments), "reranking": reranking(*arguments), "pairs": pairs(*arguments),
              "mining": mining(*arguments)}
    golden["graded"] = graded(*arguments)
    golden["rescored"] = rescored(*arguments, golden["mining"]["rows"])
    OUTPUT.write_text(json.dumps(golden) + "\n")
    print(OUTPUT.stat().st_size, "bytes;", sum(len(case["triplets"]) for case in golden["mining"]["cases"]), "triplets")


main()
