"""Writes what transformers' BertTokenizer makes of words that are given (`is_split_into_words`):
`python test/golden/make_words_golden.py`, after make_tokenizer_golden.py, whose vocabularies and texts it uses."""

import json
import random
from importlib.metadata import version
from pathlib import Path

from transformers import BertTokenizerFast

DATA = Path(__file__).parent / "data"
ODD_WORDS = [
    "", " ", "\u200d", "\u0000", "\ufffd", "\u00ad", "\ufeff", "\u2028", "\u0301", "x\u200dy", "a\u00a0b", "x\u2028y",
    " lead", "trail ", "[SEP]", "a[MASK]b", "[", "MASK", "]", "don't", "U.S.-based", "@user_name", "#tag", "😀😀x",
    "中文字", "https://example.org/a?b=c", "z" * 101,
]


def case(tokenizer, words):
    encoding = tokenizer([words], is_split_into_words=True, add_special_tokens=False)
    word_ids = encoding.word_ids(0)
    starts = [sum(of < word for of in word_ids) for word in range(len(words) + 1)]
    return {"words": words, "tokens": encoding["input_ids"][0], "wordStarts": starts}


def rows(texts):
    generator = random.Random(3)
    words = ODD_WORDS + [word for text in texts for word in text.split(" ")]
    return [ODD_WORDS, *(generator.choices(words, k=generator.randint(1, 12)) for _ in range(100))]


tokenizers = json.loads((DATA / "tokenizer.json").read_text("utf8"))
parts = [f'"versions": {json.dumps({"transformers": version("transformers")})}']
for name in ("uncased", "cased"):
    vocab = {piece: index for index, piece in enumerate(tokenizers[name]["pieces"])}
    tokenizer = BertTokenizerFast(vocab=vocab, do_lower_case=name == "uncased")
    cases = [case(tokenizer, words) for words in rows([row["text"] for row in tokenizers[name]["cases"]])]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in cases)
    parts.append(f'"{name}": [\n{lines}\n]')
(DATA / "words.json").write_text("{" + ",\n".join(parts) + "}\n", "utf8")
