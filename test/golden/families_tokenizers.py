"""Tokenizers for the tiny models of other families: WordPiece, byte-level BPE, and Unigram as XLM-RoBERTa has it; and
the batches they make."""

import json
import string
import struct

from tokenizers import AddedToken, ByteLevelBPETokenizer
from transformers import BertTokenizer, CamembertTokenizer, DistilBertTokenizer, RobertaTokenizer, XLMRobertaTokenizer

from reference import pad
from tiny import SUFFIXES, VOCABULARY, WORDS

MAX_LENGTH = 64
OTHER_WORDS = (
    "Paris London Anna Müller Zoë São Paulo Tokyo 東京 Peter Smith café naïve who where did lives went saw from it's "
    "don't 1998 2024 actors watching slower greatest kindness"
).split()
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]  # ids 0 to 3; <mask> comes last, as in the models on the Hub
# As there, a mask takes the space before it: "the <mask>" has no token for the space.
MASK = AddedToken("<mask>", lstrip=True, rstrip=False, normalized=False, special=True)
# Some of what SentencePiece's nmt_nfkc, which XLM-RoBERTa's tokenizer carries, makes of characters.
REPLACED = {
    "ﬁ": "fi", "…": "...", "e\u0301": "é", "\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ",
    **{chr(ord(letter) - 0x20 + 0xFF00): letter for letter in string.ascii_letters},  # full-width letters
}


def word_piece_tokenizer():
    """The pieces of tiny-bert; without token types, which DistilBERT does not have."""
    return DistilBertTokenizer(
        vocab={piece: i for i, piece in enumerate(VOCABULARY)}, model_max_length=MAX_LENGTH
    )


def segmented_tokenizer():
    """The same pieces with token types, as BERT and ELECTRA have them."""
    return BertTokenizer(vocab={piece: i for i, piece in enumerate(VOCABULARY)}, model_max_length=MAX_LENGTH)


def byte_level_tokenizer():
    """256 bytes, and what merging the most frequent pairs of the words adds to them."""
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        [" ".join([*WORDS, *OTHER_WORDS])] * 2, vocab_size=300, special_tokens=SPECIAL, show_progress=False
    )
    vocabulary = trained.get_vocab()
    merges = json.loads(trained.to_str())["model"]["merges"]
    return RobertaTokenizer(
        vocab={**vocabulary, "<mask>": len(vocabulary)}, merges=[tuple(merge) for merge in merges],
        mask_token=MASK, model_max_length=MAX_LENGTH,
    )


def unigram_pieces() -> list:
    """Words, their beginnings, endings and characters, the longer the likelier: made without `UnigramTrainer`, which
    finds other pieces in every run."""
    words = [*WORDS, *OTHER_WORDS]
    characters = sorted(set(string.ascii_letters + string.digits + string.punctuation + "".join(words)))
    groups = [
        (-4.0, [f"▁{word}" for word in words]),
        (-5.5, [f"▁{word[:3]}" for word in words if len(word) > 4]),
        (-6.0, [suffix.removeprefix("##") for suffix in SUFFIXES]),
        (-7.0, ["▁"]),
        (-8.0, characters),
    ]
    scores = {}
    for best, pieces in groups:
        for rank, piece in enumerate(pieces):
            scores.setdefault(piece, round(best - 0.01 * rank, 2))  # all different: no two ways are equally likely
    return list(scores.items())


def unigram_tokenizer():
    pieces = [*((piece, 0.0) for piece in SPECIAL), *unigram_pieces(), ("<mask>", 0.0)]
    return XLMRobertaTokenizer(
        vocab=pieces, mask_token=MASK, model_max_length=MAX_LENGTH,
        _spm_precompiled_charsmap=precompiled_charsmap(REPLACED),
    )


def camembert_tokenizer():
    """Its special tokens come behind SentencePiece's own, which are put out of use: <s> is 5 and </s> is 6."""
    reserved = [("<s>NOTUSED", 0.0), ("<pad>", 0.0), ("</s>NOTUSED", 0.0), ("<unk>", 0.0), ("<unk>NOTUSED", -100.0)]
    pieces = [*reserved, ("<s>", 0.0), ("</s>", 0.0), *unigram_pieces(), ("<mask>", 0.0)]
    return CamembertTokenizer(
        vocab=pieces, mask_token=MASK, model_max_length=MAX_LENGTH,
        _spm_precompiled_charsmap=precompiled_charsmap(REPLACED),
    )


def precompiled_charsmap(replaced: dict) -> bytes:
    """The map as SentencePiece compiles it: a double-array trie of darts-clone over UTF-8, its size before it, and
    after it the replacements, each ended by a zero byte."""
    trie, texts = {}, b""
    for characters, replacement in sorted(replaced.items()):
        node = trie
        for byte in characters.encode():
            node = node.setdefault(byte, {})
        node[0] = len(texts)  # label 0 ends a key, and leads to its value
        texts += replacement.encode() + b"\0"
    units = double_array(trie)
    array = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(array)) + array + texts


def double_array(trie: dict) -> list:
    """A node's children lie at its base XOR their label. A unit holds the label (bits 0 to 7), whether there is a
    value (bit 8), and its place XOR its base (from bit 10); the unit of a value has bit 31 set."""
    units = {0: 0}
    pending = [(0, trie)]
    while pending:
        place, node = pending.pop()
        base = next(base for base in range(1, 1 << 20) if all(base ^ label not in units for label in node))
        units[place] |= (place ^ base) << 10 | (0 in node) << 8
        for label, child in node.items():
            units[base ^ label] = child | 1 << 31 if label == 0 else label
            if label != 0:
                pending.append((base ^ label, child))
    return [units.get(place, 0) for place in range((max(units) | 255) + 1)]


def encode(tokenizer, texts) -> list:
    """Sequences as in reference.py. Where a tokenizer gives no token types, all are 0."""
    pairs = [(text,) if isinstance(text, str) else text for text in texts]
    encoded = [tokenizer(*pair, truncation=True) for pair in pairs]
    return [(one["input_ids"], one.get("token_type_ids", [0] * len(one["input_ids"]))) for one in encoded]


def padded(tokenizer, sequences) -> dict:
    batch = pad(sequences)
    # RoBERTa counts positions over what is not this token.
    batch["input_ids"][batch["attention_mask"] == 0] = tokenizer.pad_token_id
    if "token_type_ids" not in tokenizer.model_input_names:
        del batch["token_type_ids"]  # DistilBERT takes none
    return batch
