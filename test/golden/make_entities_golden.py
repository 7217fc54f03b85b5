"""Writes what seqeval scores random taggings with: `python test/golden/make_entities_golden.py`.

The cases hold well-formed and malformed sequences, empty sentences, and texts without any entity on one side or both."""

import json
import random
import warnings
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as default_scores
from seqeval.metrics.v1 import precision_recall_fscore_support as strict_scores
from seqeval.scheme import IOB1, IOB2, IOBES, Entities

OUT = Path(__file__).parent / "data" / "entities.json"
CASES_PER_SCHEME = 1000
TYPES = ["x", "y-z"]
SCHEMES = {"BIO": (IOB2, "BI"), "IOB1": (IOB1, "BI"), "BIOES": (IOBES, "BIES")}


def random_tags(rng, prefixes, length, share_outside):
    """Any tag after any other."""
    tags = [f"{prefix}-{kind}" for prefix in prefixes for kind in TYPES]
    return ["O" if rng.random() < share_outside else rng.choice(tags) for _ in range(length)]


def well_formed_tags(rng, scheme, length):
    tags, previous = [], None
    while len(tags) < length:
        if rng.random() < 0.5:
            tags.append("O")
            previous = None
            continue
        words, kind = min(rng.choice([1, 1, 2, 3]), length - len(tags)), rng.choice(TYPES)
        if scheme == "IOB1":
            prefixes = ("B" if previous == kind else "I") + "I" * (words - 1)
        elif scheme == "BIO":
            prefixes = "B" + "I" * (words - 1)
        else:
            prefixes = "S" if words == 1 else "B" + "I" * (words - 2) + "E"
        tags += [f"{prefix}-{kind}" for prefix in prefixes]
        previous = kind
    return tags


def disturbed(rng, tags, prefixes):
    """What a tagger might make of it: here and there another tag."""
    return [rng.choice([tag, *random_tags(rng, prefixes, 1, 0.3)]) for tag in tags]


def random_case(rng, scheme):
    """Sentences of up to 6 words: in half of the cases well-formed and nearly found, in the others anything at all."""
    prefixes = SCHEMES[scheme][1]
    lengths = [rng.choice([0, 1, 2, 3, 4, 6]) for _ in range(rng.choice([1, 1, 2, 3]))]
    if rng.random() < 0.5:
        expected = [well_formed_tags(rng, scheme, length) for length in lengths]
        return expected, [disturbed(rng, tags, prefixes) for tags in expected]
    shares = [rng.choice([0.1, 0.4, 0.9, 1]) for _ in range(2)]
    return tuple([random_tags(rng, prefixes, length, share) for length in lengths] for share in shares)


def shown(sentences):
    return "|".join(" ".join(tags) for tags in sentences)


def result(scores, types):
    """Precision, recall, F1 and support of all entities and of each type: "1/2 1 2/3 4; ..."."""

    def row(numbers):
        *rates, support = numbers
        return " ".join([*(str(Fraction(float(rate)).limit_denominator(10_000)) for rate in rates), str(int(support))])

    rows = [row(scores(average="micro"))]
    rows += [f"{kind} {row(numbers)}" for kind, *numbers in zip(types, *scores(average=None))]
    return "; ".join(rows)


def case(rng, scheme):
    expected, predicted = random_case(rng, scheme)
    token = SCHEMES[scheme][0]

    def default(average):
        return default_scores(expected, predicted, average=average)

    def strict(average):
        return strict_scores(expected, predicted, average=average, scheme=token)

    strict_types = sorted(Entities(expected, token).unique_tags | Entities(predicted, token).unique_tags)
    by_default = result(default, types_by_default(expected, predicted))
    return [shown(expected), shown(predicted), by_default, result(strict, strict_types)]


def types_by_default(*taggings):
    """In this mode every tag but O belongs to an entity."""
    return sorted({tag[2:] for tags in taggings for sentence in tags for tag in sentence if tag != "O"})


warnings.simplefilter("ignore")  # seqeval warns wherever it divides by zero
rng = random.Random(5)
golden = {scheme: [case(rng, scheme) for _ in range(CASES_PER_SCHEME)] for scheme in SCHEMES}
rows = {scheme: ",\n".join(json.dumps(row, separators=(",", ":")) for row in cases) for scheme, cases in golden.items()}
versions = json.dumps({"seqeval": version("seqeval")})
parts = [f'"versions": {versions}', *(f'"{scheme}": [\n{lines}\n]' for scheme, lines in rows.items())]
OUT.write_text("{" + ",\n".join(parts) + "}\n", "utf8")
