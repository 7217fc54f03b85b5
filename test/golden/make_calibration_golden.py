"""Writes what calibration comes to on random logits: `python test/golden/make_calibration_golden.py`.

Temperatures are scikit-learn's (`CalibratedClassifierCV(method="temperature")`, by scipy's minimize_scalar) and torch's LBFGS in
float64. Conformal quantiles and sets are written out with numpy, from Angelopoulos and Bates (2021): with the ⌈(n + 1) coverage⌉-th
smallest score, where their code has the one behind it (numpy's quantile of method "higher")."""

import json
import math
from pathlib import Path

import numpy
import scipy
import sklearn
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

OUT = Path(__file__).parent / "data" / "calibration.json"
VERSIONS = {
    "numpy": numpy.__version__,
    "scikit-learn": sklearn.__version__,
    "scipy": scipy.__version__,
    "torch": torch.__version__,
}


class Logits(ClassifierMixin, BaseEstimator):
    """A classifier whose rows are its logits."""

    def fit(self, X, y):
        self.classes_ = numpy.arange(X.shape[1])
        return self

    def predict_proba(self, X):
        return softmax(X)

    def predict(self, X):
        return X.argmax(axis=1)


def by_sklearn(logits, right):
    frozen = FrozenEstimator(Logits().fit(logits, right))
    fitted = CalibratedClassifierCV(frozen, method="temperature", cv=None).fit(logits, right)
    return 1 / fitted.calibrated_classifiers_[0].calibrators[0].beta_


def by_torch(logits, right):
    x, y = torch.tensor(logits), torch.tensor(right)
    inverse = torch.ones((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [inverse], max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(inverse * x, y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return 1 / inverse.item()


def softmax(logits):
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def quantile(scores, coverage):
    return float(numpy.sort(scores)[math.ceil((len(scores) + 1) * coverage) - 1])


def lac(probabilities, right, coverage):
    q = quantile(1 - probabilities[numpy.arange(len(right)), right], coverage)
    return q, 1 - probabilities <= q


def aps(probabilities, right, coverage):
    order = numpy.argsort(-probabilities, axis=1, kind="stable")
    sums = numpy.cumsum(numpy.take_along_axis(probabilities, order, axis=1), axis=1)
    rank = numpy.argmax(order == right[:, None], axis=1)
    q = quantile(sums[numpy.arange(len(right)), rank], coverage)
    last = numpy.minimum((sums < q).sum(axis=1), probabilities.shape[1] - 1)  # the label that crosses it is included
    sets = numpy.zeros_like(probabilities, dtype=bool)
    numpy.put_along_axis(sets, order, numpy.arange(probabilities.shape[1]) <= last[:, None], axis=1)
    return q, sets


def case(rng, rows, classes, sharpness, coverage):
    truth = rng.normal(size=(rows, classes)) * 1.5
    right = numpy.array([rng.choice(classes, p=p) for p in softmax(truth)])
    logits = numpy.round(truth * sharpness, 4)
    probabilities = softmax(logits)
    lac_q, lac_sets = lac(probabilities, right, coverage)
    aps_q, aps_sets = aps(probabilities, right, coverage)
    bits = lambda sets: ["".join(str(int(one)) for one in row) for row in sets]
    return {
        "logits": logits.tolist(),
        "right": right.tolist(),
        "coverage": coverage,
        "temperature": {"scikit-learn": by_sklearn(logits, right), "torch": by_torch(logits, right)},
        "lac": {"quantile": lac_q, "sets": bits(lac_sets)},
        "aps": {"quantile": aps_q, "sets": bits(aps_sets)},
    }


def main():
    rng = numpy.random.default_rng(7)
    cases = [
        case(rng, 60, 2, 3.0, 0.9),
        case(rng, 60, 3, 0.4, 0.8),
        case(rng, 80, 5, 1.0, 0.95),
        case(rng, 40, 12, 2.0, 0.7),
    ]
    OUT.write_text(json.dumps({"versions": VERSIONS, "cases": cases}, separators=(",", ":")) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
