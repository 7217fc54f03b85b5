"""Writes what Hugging Face's trainer of WordPiece vocabularies learns:
`python test/golden/make_vocabulary_golden.py --corpus ../shared/data/corpus`.

The trainer numbers the `##` characters in the order of a hash table, which changes from run to run, and of equally
frequent pairs takes the one with the smallest numbers. Here the `##` characters are passed as special tokens, in
Unicode's order: that fixes the numbers, and so the vocabulary with its order."""

import argparse
import hashlib
import json
import random
from pathlib import Path

import tokenizers
from tokenizers import BertWordPieceTokenizer

OUT = Path(__file__).parent / "data" / "vocabulary.json"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CORPUS = ["news.txt", "sample_text.txt", "speeches.jsonl", "reviews.jsonl"]


def learn(texts, size, min_frequency, special_tokens, lowercase=True):
    tokenizer = BertWordPieceTokenizer(lowercase=lowercase)
    tokenizer.train_from_iterator(
        texts, vocab_size=size, min_frequency=min_frequency, special_tokens=special_tokens, show_progress=False
    )
    return [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def text_of(words):
    return " ".join(word for word, count in words.items() for _ in range(count))


def small_case(rng):
    """Few letters make many ties, runs of one letter, and pieces that are made in two ways."""
    letters = "abcdefghij"[: rng.choice([2, 3, 4, 6, 10])]
    lengths, counts = [1, 2, 3, 4, 6, 9, 14], [1, 1, 2, 3, 5, 9, 30]
    words = {
        "".join(rng.choice(letters) for _ in range(rng.choice(lengths))): rng.choice(counts)
        for _ in range(rng.choice([3, 8, 30, 60]))
    }
    size, min_frequency = rng.choice([2 * len(letters) + 5, 30, 60, 200, 10_000]), rng.choice([1, 2, 4])
    special_tokens = SPECIAL + ["##" + letter for letter in letters]
    pieces = learn([text_of(words)], size, min_frequency, special_tokens)
    return dict(words=words, size=size, minFrequency=min_frequency, specialTokens=special_tokens, pieces=pieces)


def rare_characters():
    """1,100 characters, of which 1,000 are kept: those that come three times or more often. In words of two characters the
    order of the merges does not matter, so the set of pieces is the same in every run."""
    characters = [chr(0xA000 + i) for i in range(1100)]  # Yi syllables: letters that normalisation leaves alone
    words = {characters[i] + characters[i + 1]: 3 if i < 1000 else 1 for i in range(0, 1100, 2)}
    words |= {characters[i + 1] + characters[i]: 4 for i in range(0, 40, 4)}
    words |= {characters[1050] + characters[3]: 1}  # the first character is dropped, the second one stays a `##`
    pieces = learn([text_of(words)], 10_000, 2, SPECIAL)
    return dict(words=words, size=10_000, minFrequency=2, specialTokens=SPECIAL, sortedPieces=sorted(pieces))


def corpus_texts(folder):
    for name in CORPUS:
        for line in (folder / name).read_text("utf8").split("\n"):
            if line.strip():
                yield json.loads(line)["text"] if name.endswith(".jsonl") else line


def sha256(pieces):
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()


def corpus_case(texts, size, lowercase):
    by_chance = learn(texts, size, 2, SPECIAL, lowercase)
    continuing = sorted(piece for piece in by_chance if piece.startswith("##") and len(piece) == 3)
    pieces = learn(texts, size, 2, SPECIAL + continuing, lowercase)
    return dict(
        size=size, cased=not lowercase, continuing="".join(piece[2:] for piece in continuing), sha256=sha256(pieces)
    )


parser = argparse.ArgumentParser()
parser.add_argument("--corpus", type=Path, required=True)
texts = list(corpus_texts(parser.parse_args().corpus))
rng = random.Random(7)
sets = {sha256(sorted(learn(texts, 8000, 2, SPECIAL))) for _ in range(3)}
assert len(sets) == 1, "the trainer gave different sets"
golden = dict(
    versions=dict(tokenizers=tokenizers.__version__),
    small=[small_case(rng) for _ in range(60)],
    rareCharacters=rare_characters(),
    corpus=dict(
        files=CORPUS,
        setOf8000=sets.pop(),
        ordered=[corpus_case(texts, 8000, True), corpus_case(texts, 30_000, False)],
    ),
)
OUT.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", "utf8")
