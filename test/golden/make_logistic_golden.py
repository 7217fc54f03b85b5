"""What scikit-learn's LogisticRegression, with its defaults but for a lower tolerance, makes of fixed vectors: test/golden/data/logistic.json.

    python -m pip install scikit-learn==1.9.1
    python test/golden/make_logistic_golden.py
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

OUTPUT = Path(__file__).parent / "data" / "logistic.json"
ROWS, WIDTH = 24, 6


def fitted(class_count: int, spread: float) -> dict:
    """Of classes that lie `spread` apart: far apart, a line can tell them all, near each other it cannot."""
    random = numpy.random.default_rng(class_count)
    classes = numpy.arange(ROWS) % class_count
    centres = random.normal(size=(class_count, WIDTH)) * spread
    vectors = (centres[classes] + random.normal(size=(ROWS, WIDTH))).astype(numpy.float32)
    model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(vectors.astype(numpy.float64), classes)
    return {
        "vectors": vectors.tolist(),
        "classes": classes.tolist(),
        "classCount": class_count,
        "coefficients": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "probabilities": model.predict_proba(vectors.astype(numpy.float64)).tolist(),
    }


content = {
    "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__},
    "models": [fitted(2, 0.5), fitted(2, 3.0), fitted(3, 0.5), fitted(5, 3.0)],
}
OUTPUT.write_text(json.dumps(content) + "\n")
