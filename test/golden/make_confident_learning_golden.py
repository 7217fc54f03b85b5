"""What cleanlab makes of fixed probabilities: test/golden/data/confident_learning.json.

    python -m pip install cleanlab==2.9.0
    python test/golden/make_confident_learning_golden.py

Probabilities are rounded to six digits, so that the file holds what was computed with.
"""

import json
from pathlib import Path

import cleanlab
import numpy as np
from cleanlab.count import compute_confident_joint
from cleanlab.multilabel_classification.filter import find_label_issues as find_set_issues
from cleanlab.multilabel_classification.rank import get_label_quality_scores as set_scores
from cleanlab.rank import get_label_quality_scores
from cleanlab.token_classification.rank import get_label_quality_scores as sentence_scores

ROWS = 300
CLASSES = 4
OUTPUT = Path(__file__).parent / "data" / "confident_learning.json"


def drawn():
    """Rows whose true class gets the most, of which a tenth have another label."""
    random = np.random.default_rng(7)
    true = random.integers(CLASSES, size=ROWS)
    weights = random.gamma(0.7, size=(ROWS, CLASSES)) + 0.02
    weights[np.arange(ROWS), true] += random.gamma(2.0, size=ROWS)
    probabilities = np.round(weights / weights.sum(axis=1, keepdims=True), 6)
    labels = true.copy()
    wrong = random.choice(ROWS, ROWS // 10, replace=False)
    labels[wrong] = (labels[wrong] + random.integers(1, CLASSES, size=len(wrong))) % CLASSES
    return labels, probabilities


def drawn_sets():
    """Rows with some of three labels, of which a tenth lack one or have one too many."""
    random = np.random.default_rng(11)
    true = random.random((ROWS, 3)) < [0.5, 0.3, 0.15]
    probabilities = np.round(np.clip(random.beta(1.2, 3, size=true.shape), 0.01, 0.99), 6)
    probabilities = np.where(true, np.round(1 - probabilities, 6), probabilities)
    given = true.copy()
    wrong = random.choice(ROWS, ROWS // 10, replace=False)
    given[wrong, random.integers(3, size=len(wrong))] ^= True
    return given, probabilities


def of_sets():
    given, probabilities = drawn_sets()
    labels = [np.flatnonzero(row).tolist() for row in given]
    issues = find_set_issues(labels, probabilities, filter_by="confident_learning")
    scores = set_scores(labels, probabilities)
    return {
        "labels": labels,
        "probabilities": probabilities.tolist(),
        "suspects": np.flatnonzero(issues).tolist(),
        "scores": scores.tolist(),
    }


def of_sentences(labels, probabilities):
    """The same rows as the words of sentences of ten."""
    cut = lambda values: [values[start:start + 10] for start in range(0, ROWS, 10)]
    scores, _ = sentence_scores(cut(labels.tolist()), cut(probabilities), token_score_method="normalized_margin")
    return scores.tolist()


def main():
    labels, probabilities = drawn()
    joint, suspects = compute_confident_joint(
        labels, probabilities, calibrate=False, return_indices_of_off_diagonals=True)
    content = {
        "versions": {"cleanlab": cleanlab.__version__, "numpy": np.__version__},
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "confidentJoint": np.asarray(joint).tolist(),
        "suspects": np.asarray(suspects).tolist(),
        "margins": get_label_quality_scores(labels, probabilities, method="normalized_margin").tolist(),
        "sets": of_sets(),
        "sentences": of_sentences(labels, probabilities),
    }
    OUTPUT.write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
