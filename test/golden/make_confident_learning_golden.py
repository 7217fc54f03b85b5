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
from cleanlab.rank import get_label_quality_scores

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
    }
    OUTPUT.write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
