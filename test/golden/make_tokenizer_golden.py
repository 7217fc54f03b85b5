"""Writes what transformers' BertTokenizer makes of varied texts: `python test/golden/make_tokenizer_golden.py`.

Ids, token types, words and offsets, cased and uncased, with a small vocabulary made here of the texts themselves.
Offsets are written in UTF-16 units, as JavaScript counts them."""

import collections
import json
import platform
import random
import unicodedata
from pathlib import Path

import tokenizers
import transformers
from transformers import BertTokenizerFast

OUT = Path(__file__).parent / "data" / "tokenizer.json"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAIR_LENGTHS = [4, 5, 8, 13, 16, 24]

TEXTS = [
    "",
    " ",
    " \t\n\r ",
    "The lighthouse keeper counted the ships again before breakfast.",
    "the lighthouse keeper counted the ships again before breakfast.",
    "THE LIGHTHOUSE KEEPER COUNTED THE SHIPS AGAIN.",
    "Isn't it odd that nobody's umbrella was ever returned?",
    "Wait... what?! No -- really?",
    "Prices rose from $1,250.75 to €1.300,40 (about 4%) on 03/11/2024.",
    "e-mail: someone@example.org, web: https://example.org/a_b?c=d&e=f#g",
    "snake_case camelCase kebab-case SCREAMING_CASE",
    "for (let i = 0; i < n; i++) { total += values[i]; }",
    "C:\\temp\\new\\table.txt",
    "`quoted` \"quoted\" 'quoted' «quoted» „quoted“ “quoted” ‘quoted’",
    "Crème brûlée à la carte, déjà vu, naïve façade",
    "Cre\u0300me bru\u0302le\u0301e a\u0300 la carte",  # the same with combining marks
    "Ångström Łódź Đorđe Þór Æsir œuvre ßtraße Øresund",
    "İstanbul ısı DİYARBAKIR",  # a capital that becomes two code points in lower case
    "Ελληνικά: Η γρήγορη αλεπού ΣΊΣΥΦΟΣ",
    "Съешь ещё этих мягких булок, да выпей чаю",
    "שלום עולם, מה שלומך?",
    "שָׁלוֹם",  # vowel points
    "مرحبا بالعالم، كيف الحال؟",
    "مُحَمَّد",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "안녕하세요 세계",
    "\u1112\u1161\u11ab\u1100\u116e\u11a8",  # Hangul in single letters
    "こんにちは世界、元気ですか。カタカナ",
    "ｆｕｌｌ ｗｉｄｔｈ ＴＥＸＴ １２３",
    "我们在河边等船。",
    "BERT在中文上也可以使用2024年",
    "\U00020000\U0002a6d6 rare Han",  # beyond the basic plane, yet a Chinese character each
    "豈更車",  # compatibility ideographs
    "I 💚 this, 10/10 👍🏽!",
    "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 🇫🇷 letters",
    "😀😀😀",
    "a😀b 😀 c",
    "𝒻𝒶𝓃𝒸𝓎 𝐛𝐨𝐥𝐝 𝕕𝕠𝕦𝕓𝕝𝕖",
    "zero\u200bwidth\u200djoin\ufeffmark soft\u00adhyphen",
    "no\u00a0break\u2009thin\u3000wide\u2028line\u2029paragraph\u0085next",
    "bell\u0007 null\u0000 escape\u001b[31m delete\u007f",
    "\u0000",
    "replacement \ufffd character\ufffd",
    "private \ue000 use and unassigned \u0378",
    "\u0301 a mark that stands alone, and one at the end\u0301",
    "Z\u0351\u036b\u0343a\u0334\u0329l\u0321\u0353g\u030d\u0311o\u0332\u0318",
    "x" * 99 + " " + "y" * 100 + " " + "z" * 101,
    "pneumonoultramicroscopicsilicovolcanoconiosis",
    "[CLS] a text that names [MASK] and [SEP], [UNK] too [PAD]",
    "[mask] [Mask] [ MASK ] [[MASK]] un[MASK]ed",
    "[CLS][SEP]",
    "a,b;c:d.e!f?g(h)i[j]k{l}m|n~o^p`q\"r's<t>u=v+w-x*y/z\\",
    "¿Qué? ¡Sí! №5 §3 ©2024 ™ ± × ÷ ∑ ∞ ≠ → ★ ♥ ☃",
    "…—–‑‒―‐•†‡",
    "1st 2nd 3rd 100th 3.14159 1e-5 0xFF 12:30",
    "١٢٣ १२३ ①②③ Ⅳ ½",
    "ﬁne ﬂow aﬃne",
    "ǅ ǆ Ǆ ŉ ẞ",
    "The same same same same word word again again and again",
    "keeper keepers keeping unkeepable lighthouses breakfasting",
    "trailing spaces   ",
    "   leading spaces",
    "tabs\tand\nnewlines\r\nmixed",
]

PAIRS = [
    ("The ships came back before breakfast.", "Nobody counted them."),
    ("Short.", "The lighthouse keeper counted the ships again, and again, and again before breakfast."),
    ("The lighthouse keeper counted the ships again, and again, and again before breakfast.", "Short."),
    ("one two three four five six seven eight", "one two three four five six seven eight"),
    ("one two three four five six seven eight nine", "one two three four five six seven eight"),
    ("one two three four five six seven eight", "one two three four five six seven eight nine"),
    ("", "The first text is empty."),
    ("The second text is empty.", ""),
    ("", ""),
    ("我们在河边等船。", "Crème brûlée 💚 à la carte"),
    ("😀 a😀b", "👩‍👩‍👧‍👦 𝐛𝐨𝐥𝐝 null\u0000"),
    ("keepers keeping lighthouses", "pneumonoultramicroscopicsilicovolcanoconiosis"),
]

SEPARATORS = ["", "", " ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u3000", "\u200b", "-", ", ", "\u0301"]


def mixed_texts(count: int) -> list:
    """Words of all the texts in random company: scripts, marks and emoji meet that do not meet above."""
    generator = random.Random(7)
    words = [word for text in TEXTS for word in text.split(" ") if word]
    mixes = []
    for _ in range(count):
        parts = []
        for word in generator.choices(words, k=generator.randint(1, 9)):
            parts += [word[:12], generator.choice(SEPARATORS)]
        mixes.append("".join(parts))
    return mixes


def make_vocabulary(texts: list, lowercase: bool) -> list:
    """Most characters, alone and inside words, frequent words, and frequent beginnings and ends of words."""
    if lowercase:
        texts = ["".join(c for c in unicodedata.normalize("NFD", t.lower()) if unicodedata.category(c) != "Mn") for t in texts]
    words = collections.Counter(word for text in texts for word in "".join(c if c.isalnum() else " " for c in text).split())
    characters = collections.Counter(c for text in texts for c in text if c.isprintable() and not c.isspace())
    pieces = collections.Counter()
    for word, count in words.items():
        for length in (2, 3, 4):
            pieces[word[:length]] += count
            pieces["##" + word[-length:]] += count
    # Every ninth character stays out, so that words of several characters become unknown.
    known = [c for index, c in enumerate(sorted(characters)) if index % 9 != 8 or c in "aeinorst"]
    frequent = [word for word, count in sorted(words.items()) if count >= 4 and len(word) > 1]
    parts = [piece for piece, count in sorted(pieces.items()) if count >= 12]
    return list(dict.fromkeys([*SPECIAL, *known, *(f"##{c}" for c in known), *frequent, *parts]))


def utf16_offset(text: str, position: int) -> int:
    return len(text[:position].encode("utf-16-le")) // 2


def encode(tokenizer, text: str, pair=None, max_length=None) -> dict:
    truncation = {} if max_length is None else {"truncation": "longest_first", "max_length": max_length}
    # Lists of one: given alone, a second text that is empty would be taken for none.
    encoding = tokenizer([text], None if pair is None else [pair], return_offsets_mapping=True, **truncation)
    offsets = []
    for sequence, (start, end) in zip(encoding.sequence_ids(0), encoding["offset_mapping"][0]):
        of = pair if sequence == 1 else text
        offsets.append([utf16_offset(of, start), utf16_offset(of, end)])
    return {
        "text": text,
        **({} if pair is None else {"pair": pair}),
        **({} if max_length is None else {"maxLength": max_length}),
        "inputIds": encoding["input_ids"][0],
        "tokenTypeIds": encoding["token_type_ids"][0],
        "wordIds": encoding.word_ids(0),
        "offsets": offsets,
    }


def make_cases(tokenizer, texts: list) -> list:
    singles = [encode(tokenizer, text) for text in texts]
    for case in singles:
        case["decoded"] = tokenizer.decode(case["inputIds"], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    cut = [encode(tokenizer, text, max_length=9) for text in TEXTS[::4]]
    pairs = [encode(tokenizer, *pair, max_length=length) for pair in PAIRS for length in [None, *PAIR_LENGTHS]]
    return singles + cut + pairs


def compact(value) -> str:
    return json.dumps(value, separators=(",", ":"))


def main():
    texts = TEXTS + mixed_texts(140)
    versions = {
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }
    parts = [f'"versions":{compact(versions)}']
    for name, lowercase in (("uncased", True), ("cased", False)):
        pieces = make_vocabulary(texts + [text for pair in PAIRS for text in pair], lowercase)
        vocab = {piece: index for index, piece in enumerate(pieces)}
        tokenizer = BertTokenizerFast(vocab=vocab, do_lower_case=lowercase)
        cases = ",\n".join(compact(case) for case in make_cases(tokenizer, texts))
        parts.append(f'"{name}":{{"pieces":{compact(pieces)},\n"cases":[\n{cases}\n]}}')
    OUT.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf8")


if __name__ == "__main__":
    main()
