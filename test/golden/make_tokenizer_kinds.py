"""Makes small tokenizers of other kinds than WordPiece, and what transformers makes of varied texts with them:
`python test/golden/make_tokenizer_kinds.py`.

Writes `tokenizers/<name>/` as `save_pretrained` does, `tokenizer_kinds.json` with ids, token types, words and
offsets, and `tokenizer_kinds_words.json` with the tokens of words given apart (`is_split_into_words`). Offsets are in UTF-16 units, as JavaScript counts them."""

import json
import random
import shutil
from pathlib import Path

import tokenizers
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast, RobertaTokenizerFast, XLMRobertaTokenizerFast

DATA = Path(__file__).parent / "data"
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
NAMES = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": AddedToken("<mask>", lstrip=True, special=True),
}
PIECES = 400
PAIR_LENGTHS = [4, 5, 8, 13]

SUBJECTS = """The keeper|A young sailor|My neighbour's daughter|Der alte Kapitän|Die Nachbarin|La vieille dame|Le garçon
El pescador|La señora|Анна|Старый моряк|我们|她的朋友|Nobody|Everyone"""
VERBS = """counted|watched|sah|vergaß|regardait|cherchait|miraba|olvidó|видела|считает|看见|喜欢|wasn't told about
re-painted|couldn't remember"""
OBJECTS = """the ships|a warm harbour|twelve umbrellas|die Schiffe|das Gewitter|les bateaux à voiles|une lettre|los barcos
las montañas|корабли|письмо|船|一本书|7 boats|$1,250.75"""
ENDINGS = """before breakfast.|at night!|in the lighthouse|im Hafen.|über der Straße.|près du café.|pendant l'été.
en el año 2024.|por la mañana.|у моря.|каждый день.|在河边。|今天晚上。|😀?|(again and again)"""

TEXTS = [
    "",
    " ",
    " \t\n ",
    "The keeper counted the ships before breakfast.",
    "  The keeper  counted   the ships ",
    "the keeper\ncounted\tthe ships\n",
    "A young sailor wasn't told about 7 boats, re-painted at night!",
    "Crème brûlée à la carte, déjà vu, naïve façade",
    "Cre\u0300me bru\u0302le\u0301e a\u0300 la carte",
    "Ångström Łódź Đorđe ßtraße",
    "Анна видела корабли у моря.",
    "שלום עולם",
    "안녕하세요 세계",
    "こんにちは世界、カタカナ",
    "我们看见船在河边。",
    "我们 看见  船 ",
    "ｆｕｌｌ ｗｉｄｔｈ １２３",
    "\U00020000\U0002a6d6 rare Han",
    "I 💚 this, 10/10 👍🏽!",
    "👩‍👩‍👧‍👦 family, 🇫🇷 letters",
    "😀😀😀",
    "a😀b 😀 c  😀",
    "𝒻𝒶𝓃𝒸𝓎 text",
    "ﬁne ½ ™ №",
    "zero\u200bwidth soft\u00adhyphen \ufeffmark",
    "no\u00a0break\u00a0 space\u3000wide",
    "▁already ▁marked▁",
    "Ġalready Ġmarked",
    "The <mask> counted the <mask>.",
    "the<mask>ships <mask>  <mask>",
    "<s> the </s></s> ships </s> <pad><unk>",
    "[CLS] the [SEP] ships [MASK]",
    "<S> < s> <mask",
    "C:\\temp\\new `code` «quoted» “quoted”",
    "x" * 60,
]

PAIRS = [
    ("Who counted the ships?", "The keeper counted the ships before breakfast."),
    ("  Wer?", " Der Kapitän sah  die Schiffe im Hafen. "),
    ("😀 a", "我们看见船 😀"),
    ("", "the ships"),
    ("the <mask>", "a <mask> ship"),
]


def sentences():
    generator = random.Random(5)
    parts = [part.replace("\n", "|").split("|") for part in (SUBJECTS, VERBS, OBJECTS, ENDINGS)]
    return [" ".join(generator.choice(part) for part in parts) for _ in range(500)]


def byte_level_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return RobertaTokenizerFast(vocab=model["vocab"], merges=merges, model_max_length=64, **NAMES)


def unigram_model(normalizer, pre_tokenizer):
    """The trained pieces in one order: where scores are equal, two runs of the trainer differ."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.UnigramTrainer(
        vocab_size=PIECES, special_tokens=SPECIAL[:4], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(sentences(), trainer)
    vocab = [(piece, round(score, 2)) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
    return [*vocab[:4], *sorted(vocab[4:], key=lambda scored: (-scored[1], scored[0]))]


def unigram():
    words = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    vocab = [*unigram_model(None, words), ("<mask>", 0.0)]
    return XLMRobertaTokenizerFast(vocab=vocab, model_max_length=64, **NAMES)


def unigram_with_spaces():
    """As SentencePiece itself normalizes: spaces belong to the pieces, and their offsets too. A generic class."""
    normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    vocab = unigram_model(normalizer, pre_tokenizers.Metaspace())
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(SPECIAL[:4] + [NAMES["mask_token"]])
    ids = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ids
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **NAMES)


def byte_level_bpe_with_segments():
    """BERT's frame and token types around byte-level pieces, the first of which has a space before it."""
    tokenizer = json.loads(byte_level_bpe().backend_tokenizer.to_str())
    names = dict(zip(SPECIAL, ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")))
    vocab = {names.get(piece, piece): index for piece, index in tokenizer["model"]["vocab"].items()}
    tokenizer["model"]["vocab"] = vocab
    for token in tokenizer["added_tokens"]:
        token["content"] = names[token["content"]]
    tokenizer["pre_tokenizer"]["add_prefix_space"] = True
    backend = Tokenizer.from_str(json.dumps(tokenizer))
    frame = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, vocab[token]) for token in ("[CLS]", "[SEP]")],
    )
    backend.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), frame])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        mask_token="[MASK]",
    )


def utf16(text, offsets):
    units = [0]
    for character in text:
        units.append(units[-1] + len(character.encode("utf-16-le")) // 2)
    return [[units[start], units[end]] for start, end in offsets]


def case(tokenizer, text, pair=None, max_length=None):
    cut = {"truncation": True, "max_length": max_length} if max_length else {}
    encoding = tokenizer(text, pair, return_offsets_mapping=True, **cut)
    sequence_ids = encoding.sequence_ids()
    offsets = encoding["offset_mapping"]
    spans = [
        utf16(pair if of == 1 else text, [span])[0] if of is not None else [0, 0]
        for of, span in zip(sequence_ids, offsets)
    ]
    row = {
        "text": text,
        "inputIds": encoding["input_ids"],
        "wordIds": [of if sequence is not None else None for of, sequence in zip(encoding.word_ids(), sequence_ids)],
        "offsets": spans,
    }
    if any(encoding.get("token_type_ids", [])):
        row["tokenTypeIds"] = encoding["token_type_ids"]
    if pair is not None:
        row["pair"] = pair
    if max_length:
        row["maxLength"] = max_length
    if pair is None and not max_length:
        row["decoded"] = tokenizer.decode(encoding["input_ids"], skip_special_tokens=True)
        as_text = tokenizer(text, split_special_tokens=True, add_special_tokens=False)["input_ids"]
        if as_text != encoding["input_ids"][1:-1]:
            row["asText"] = as_text
    return row


def cases(tokenizer):
    rows = [case(tokenizer, text) for text in TEXTS + sentences()[:6]]
    for text, pair in PAIRS:
        rows.append(case(tokenizer, text, pair))
        rows.extend(case(tokenizer, text, pair, length) for length in PAIR_LENGTHS)
    return rows


def words_case(tokenizer, words):
    encoding = tokenizer([words], is_split_into_words=True, add_special_tokens=False)
    word_ids = encoding.word_ids(0)
    starts = [sum(of < word for of in word_ids) for word in range(len(words) + 1)]
    return {"words": words, "tokens": encoding["input_ids"][0], "wordStarts": starts}


def words_cases(tokenizer):
    rows = [text.split() for text in (*TEXTS[3:30], *sentences()[10:30]) if "<" not in text]
    return [words_case(tokenizer, words) for words in rows]


MAKERS = {
    "byte-level-bpe": byte_level_bpe,
    "byte-level-bpe-segments": byte_level_bpe_with_segments,
    "unigram": unigram,
    "unigram-spaces": unigram_with_spaces,
}
versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
written, words = {}, {}
for name, make in MAKERS.items():
    directory = DATA / "tokenizers" / name
    shutil.rmtree(directory, ignore_errors=True)
    make().save_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    written[name] = cases(tokenizer)
    if name != "byte-level-bpe":  # which has no space before the first word, and so refuses words
        words[name] = words_cases(tokenizer)


def write(path, golden):
    parts = [f'"versions": {json.dumps(versions)}']
    for name, rows in golden.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]')
    path.write_text("{" + ",\n".join(parts) + "}\n", "utf8")


write(DATA / "tokenizer_kinds.json", written)
write(DATA / "tokenizer_kinds_words.json", words)
