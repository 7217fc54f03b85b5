"""Entities, answers and masked words that transformers finds with the tiny models of other families."""

from pathlib import Path

import torch
from transformers import (
    AutoModelForMaskedLM, AutoModelForMultipleChoice, AutoModelForQuestionAnswering,
    AutoModelForTokenClassification, pipeline,
)

from families_tokenizers import encode, padded
from reference import pack, real_tokens, write_json, write_tensors

TAGS = ["O", "B-person", "I-person", "B-place", "I-place"]
ENTITY_TEXTS = [
    "Anna Müller lives in Paris 🎬, not in São Paulo.",
    "🎬😀 Peter Smith saw Zoë in 東京, and Tokyo\nwas great",
    "Who went from London to the cafe\u0301 of   Smith's actors?",
]
QUESTIONS = [
    ("who lives in Paris?", "Anna Müller lives in Paris 🎬, and Peter in London."),
    ("where did Zoë go", "😀 Zoë saw a film in São Paulo…"),
    ("was it good?", "🎬🎬 it was a great story, never dull"),
]
MASKED_TEXTS = ["the film was {mask} 🎬.", "Anna {mask} the story of the{mask} in Paris"]


def label_names(names) -> dict:
    return {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}


# Entities


def utf16(text: str, offsets) -> list:
    return [len(text[:place].encode("utf-16-le")) // 2 for place in offsets]


def grouped(tagged: list) -> list:
    """Entities of (tag, score, start, end) in turn, where an I- of another type begins one: as the pipeline groups."""
    entities, previous = [], "O"
    for tag, score, start, end in tagged:
        if tag != "O" and (tag.startswith("B-") or tag[2:] != previous[2:]):
            entities.append({"label": tag[2:], "start": start, "end": end, "scores": []})
        if tag != "O":
            entities[-1]["end"] = end
            entities[-1]["scores"].append(score)
        previous = tag
    return [{**entity, "score": sum(scores) / len(scores)} for entity in entities for scores in [entity.pop("scores")]]


def entity_case(tagger, text: str, logits) -> dict:
    encoding = tagger.tokenizer(text, return_offsets_mapping=True)
    word_ids, offsets = encoding.word_ids(), [utf16(text, pair) for pair in encoding["offset_mapping"]]
    best = logits.softmax(-1).max(-1)
    tags, scores = [TAGS[index] for index in best.indices], best.values.tolist()
    words = []
    for token, word in enumerate(word_ids):
        if word is not None and word != word_ids[token - 1]:  # the first token of a word tells its tag
            last = max(other for other, its_word in enumerate(word_ids) if its_word == word)
            words.append((tags[token], scores[token], offsets[token][0], offsets[last][1]))
    simple = [
        {"label": one["entity_group"], **dict(zip(("start", "end"), utf16(text, (one["start"], one["end"])))),
         "score": float(one["score"])}
        for one in tagger(text)
    ]
    content = [i for i, word in enumerate(word_ids) if word is not None]
    ours = grouped([(tags[i], scores[i], *offsets[i]) for i in content])
    assert [(e["label"], e["start"], e["end"]) for e in ours] == [(e["label"], e["start"], e["end"]) for e in simple]
    return {
        "text": text, "tokens": encoding.tokens(), "offsets": offsets, "wordIds": word_ids, "tags": tags,
        "words": [dict(zip(("tag", "score", "start", "end"), word)) for word in words],
        "entities": grouped(words), "simple": simple,
    }


def balance(model, batch):
    """Larger weights, so that tokens get different tags, and biases with which no tag outdoes the others everywhere."""
    with torch.no_grad():
        model.classifier.weight.mul_(4)
        means = model(**batch).logits[batch["attention_mask"].bool()].mean(0)
        model.classifier.bias.sub_(means - torch.tensor([0.4, 0, 0, 0, 0])).mul_(100).round_().div_(100)


def write_entities(model, tokenizer, out: Path, name: str):
    sequences = encode(tokenizer, ENTITY_TEXTS)
    batch = padded(tokenizer, sequences)
    balance(model, batch)
    with torch.no_grad():
        logits = model(**batch).logits
    tagger = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple")
    rows = [logits[i, : len(ids)] for i, (ids, _) in enumerate(sequences)]
    cases = [entity_case(tagger, text, row) for text, row in zip(ENTITY_TEXTS, rows)]
    assert all(len(case["entities"]) >= 3 for case in cases)
    write_json(out / f"{name}.json", {"texts": cases})
    packed = real_tokens(logits, batch["attention_mask"])
    assert packed.topk(2).values.diff().abs().min() > 1e-4, "rounding could change a tag"
    write_tensors(out / f"{name}.safetensors", {**pack(sequences), "logits": packed})


# Answers


def best_answer(encoding, start, end) -> tuple:
    """As postprocess_qa_predictions: of the 20 likeliest starts and ends, the best pair in the context of at most 30
    tokens, with its probability among the 20 best."""
    sequence_ids = encoding.sequence_ids()
    starts, ends = (side.topk(min(20, len(side))).indices.tolist() for side in (start, end))
    pairs = [(s, e) for s in starts for e in ends if sequence_ids[s] == sequence_ids[e] == 1 and s <= e < s + 30]
    pairs = sorted(pairs, key=lambda pair: -(start[pair[0]] + end[pair[1]]).item())[:20]
    scores = torch.stack([start[s] + end[e] for s, e in pairs])
    assert scores[0] - scores[1] > 1e-3, "rounding could change the answer"
    offsets = encoding["offset_mapping"]
    return offsets[pairs[0][0]][0], offsets[pairs[0][1]][1], scores.softmax(0)[0].item()


def write_answers(model, tokenizer, out: Path, name: str):
    sequences, cases, logits = encode(tokenizer, QUESTIONS), [], []
    for question, context in QUESTIONS:
        encoding = tokenizer(question, context, return_offsets_mapping=True)
        inputs = {name: torch.tensor([encoding[name]]) for name in tokenizer.model_input_names}
        with torch.no_grad():
            output = model(**inputs)
        logits.append(torch.cat([output.start_logits, output.end_logits]).T)  # [L, 2]
        start, end, score = best_answer(encoding, *logits[-1].T)
        assert start < end
        places = dict(zip(("start", "end"), utf16(context, (start, end))))
        answer = {"answer": context[start:end], **places, "codePoints": [start, end], "score": score}
        cases.append({"question": question, "context": context, **answer})
    write_json(out / f"{name}.json", {"questions": cases})
    write_tensors(out / f"{name}.safetensors", {**pack(sequences), "logits": torch.cat(logits)})


# Masked words


def write_masked_words(model, tokenizer, out: Path, name: str):
    texts = [text.format(mask=tokenizer.mask_token) for text in MASKED_TEXTS]
    sequences = encode(tokenizer, texts)
    packed = pack(sequences)
    batch = padded(tokenizer, sequences)
    with torch.no_grad():
        logits = real_tokens(model(**batch).logits, batch["attention_mask"])
    masked = (packed["input_ids"] == tokenizer.mask_token_id).nonzero().flatten()
    best = logits[masked].softmax(-1).topk(5)
    top = [
        [
            {"id": i, "piece": tokenizer.convert_ids_to_tokens(i), "text": tokenizer.decode([i]), "score": score}
            for i, score in zip(ids, scores)
        ]
        for ids, scores in zip(best.indices.tolist(), best.values.tolist())
    ]
    write_json(out / f"{name}.json", {"texts": texts, "top": top})
    masks = {"masked_positions": masked.to(torch.int32), "logits": logits[masked]}
    write_tensors(out / f"{name}.safetensors", {**packed, **masks})


# Choices

CHOICES = [
    ("the film was", ["good", "never dull", "a story in Paris"]),
    ("Anna went from London", ["to Paris", "to São Paulo 🎬", ""]),
]


def write_choices(model, tokenizer, out: Path, name: str):
    sequences = encode(tokenizer, [(context, choice) for context, choices in CHOICES for choice in choices])
    batch = padded(tokenizer, sequences)
    with torch.no_grad():
        logits = model(**{key: rows.view(len(CHOICES), -1, rows.shape[1]) for key, rows in batch.items()}).logits
    write_tensors(out / f"{name}.safetensors", {**pack(sequences), "logits": logits})


HEADS = {
    "ner": (AutoModelForTokenClassification, label_names(TAGS), write_entities),
    "qa": (AutoModelForQuestionAnswering, {}, write_answers),
    "mlm": (AutoModelForMaskedLM, {}, write_masked_words),
    "choice": (AutoModelForMultipleChoice, {}, write_choices),
}
