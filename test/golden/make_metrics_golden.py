"""Writes what scikit-learn and scipy make of random predictions: `python test/golden/make_metrics_golden.py`.

Calibration and thresholds have no reference there; both are written out here, from Guo et al. (2017) and from their
definition."""

import json
import random
import warnings
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

OUT = Path(__file__).parent / "data"
VERSIONS = {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__, "scipy": scipy.__version__}
CASES = 1000


def rounded(value):
    """10 digits are enough to compare with, and shorter."""
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [rounded(one) for one in value]
    return None if numpy.isnan(value) else shortest(float(f"{value:.10g}"))


def shortest(value):
    return int(value) if float(value).is_integer() else value


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (OUT / name).write_text(f'{{"versions":{json.dumps(VERSIONS)},"cases":[\n{lines}\n]}}\n', encoding="utf8")


def rows_count(rng):
    return rng.choice([1, 1, 2, 3, 4, 6, 9])


def class_scores(expected, predicted, labels):
    scores = metrics.precision_recall_fscore_support(
        expected, predicted, labels=labels, average=None, zero_division=0
    )
    return [rounded(of_class) for of_class in zip(*scores)]


def classification_case(rng):
    num_labels, n = rng.choice([2, 2, 3, 5]), rows_count(rng)
    expected = [rng.randrange(rng.choice([1, num_labels])) for _ in range(n)]
    kind = rng.choice(["random", "close", "perfect", "constant"])
    predicted = {
        "random": [rng.randrange(num_labels) for _ in range(n)],
        "close": [label if rng.random() < 0.7 else rng.randrange(num_labels) for label in expected],
        "perfect": expected,
        "constant": [rng.randrange(num_labels)] * n,
    }[kind]
    labels = list(range(num_labels))
    case = dict(
        labels=num_labels,
        expected="".join(map(str, expected)),
        predicted="".join(map(str, predicted)),
        matrix=metrics.confusion_matrix(expected, predicted, labels=labels).tolist(),
        accuracy=rounded(metrics.accuracy_score(expected, predicted)),
        macroF1=rounded(metrics.f1_score(expected, predicted, average="macro", zero_division=0)),
        matthews=rounded(metrics.matthews_corrcoef(expected, predicted)),
        classes=class_scores(expected, predicted, labels),
    )
    if num_labels == 2:
        case["f1"] = rounded(metrics.f1_score(expected, predicted, pos_label=1, zero_division=0))
    return case


def calibration_case(rng):
    bins, n = rng.choice([10, 15]), rows_count(rng)
    # Multiples of 1/30 lie on the bins' edges.
    draw = rng.choice([lambda: rng.randint(1, 30) / 30, lambda: round(rng.uniform(0.01, 1), 2), lambda: 1])
    confidence = numpy.array([draw() for _ in range(n)])
    correct = numpy.array([rng.random() < c for c in confidence], dtype=float)
    counts, error = [], 0.0
    for m in range(1, bins + 1):
        inside = ((m - 1) / bins < confidence) & (confidence <= m / bins)  # B_m, equation 2 of Guo et al. (2017)
        counts.append(int(inside.sum()))
        if inside.any():
            error += inside.sum() / n * abs(correct[inside].mean() - confidence[inside].mean())  # equation 5
    return dict(
        bins=bins,
        confidences=[shortest(c) for c in confidence.tolist()],
        correct="".join(str(int(c)) for c in correct),
        counts=counts,
        error=rounded(error),
    )


def bits(rows):
    return ["".join(str(int(bit)) for bit in row) for row in rows]


def best_threshold(expected, scores):
    ordered = [0.0] + sorted(set(scores))
    candidates = [0.5] + [(a + b) / 2 for a, b in zip(ordered, ordered[1:]) if not a < 0.5 <= b]

    def quality(threshold):
        f1 = metrics.f1_score(expected, numpy.array(scores) >= threshold, zero_division=0)
        return f1, -abs(threshold - 0.5), threshold

    return max(candidates, key=quality)


def multi_label_case(rng):
    num_labels, n = rng.choice([2, 2, 3, 4]), rows_count(rng)
    share = rng.choice([0, 0.1, 0.4, 1])
    expected = numpy.array([[rng.random() < share for _ in range(num_labels)] for _ in range(n)], dtype=int)
    digits = rng.choice([1, 2])  # one digit makes ties
    scores = [[round(0.3 * has + 0.7 * rng.random(), digits) for has in row] for row in expected]
    predicted = (numpy.array(scores) >= 0.5).astype(int)
    if rng.random() < 0.2:
        predicted[:] = 0
    f1 = {average: metrics.f1_score(expected, predicted, average=average, zero_division=0) for average in ("micro", "macro")}
    return dict(
        labels=num_labels,
        expected=bits(expected),
        predicted=bits(predicted),
        scores=[[shortest(score) for score in row] for row in scores],
        microF1=rounded(f1["micro"]),
        macroF1=rounded(f1["macro"]),
        subsetAccuracy=rounded(metrics.accuracy_score(expected, predicted)),
        scoresOfLabels=class_scores(expected, predicted, list(range(num_labels))),
        thresholds=[rounded(best_threshold(expected[:, k], [row[k] for row in scores])) for k in range(num_labels)],
    )


def regression_case(rng):
    n = rows_count(rng)
    scale = rng.choice([1e-170, 1, 1, 1, 1e6])  # the square of 1e-170 is zero
    digits = rng.choice([0, 1, 2])  # few digits make ties
    expected = [round(rng.uniform(0, 5), digits) * scale for _ in range(n)]
    kind = rng.choice(["random", "close", "same", "reversed", "constant", "both constant"])
    if kind == "both constant":
        expected = [expected[0]] * n
    predicted = {
        "random": [round(rng.uniform(-5, 5), digits) * scale for _ in range(n)],
        "close": [value + round(rng.gauss(0, 1), digits) * scale for value in expected],
        "same": expected,
        "reversed": [-value for value in expected],
        "constant": [2.5 * scale] * n,
        "both constant": [expected[0] + 1] * n,
    }[kind]
    return dict(
        expected=[shortest(value) for value in expected],
        predicted=[shortest(value) for value in predicted],
        pearson=rounded(stats.pearsonr(predicted, expected).statistic) if n > 1 else None,
        spearman=rounded(stats.spearmanr(predicted, expected).statistic) if n > 1 else None,
        meanSquaredError=rounded(metrics.mean_squared_error(expected, predicted)),
    )


def main():
    warnings.simplefilter("ignore")  # both libraries warn of every degenerate case
    rng = random.Random(17)
    makers = {
        "classification": classification_case,
        "calibration": calibration_case,
        "multi_label": multi_label_case,
        "regression": regression_case,
    }
    for name, make in makers.items():
        write(f"metrics_{name}.json", [make(rng) for _ in range(CASES)])


if __name__ == "__main__":
    main()
