"""Writes what SQuAD's official scripts and transformers' example make of answers and of logits:
`python test/golden/make_squad_golden.py --minilm ../shared/data/models/all-minilm-l6-v2 --xquad ../shared/data/xquad
--script-1 <metrics/squad/compute_score.py> --script-2 <metrics/squad_v2/compute_score.py> --utils-qa <utils_qa.py>`.

The two scripts are those of the official evaluations as huggingface/evaluate keeps them, the third file is
`examples/pytorch/question-answering/utils_qa.py` of transformers. They are read where they are."""

import argparse
import hashlib
import importlib.util
import json
import os
import random
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from transformers import AutoTokenizer

from reference import VERSIONS, write_tensors

OUT = Path(__file__).parent / "data"


def load_module(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Metrics

WORDS = (
    "the The THE a A an An and theatre Athens another lake Lake lakes north of 308 1,000 10.5 café Café CAFE\u0301 a\u0301n "
    "naïve İstanbul ΣΊΣΥΦΟΣ straße ¿Cuántos años? 三百零八 北京 \u3000 。 « » “the” the-end (a) it's its U.S. US _a_ a_the 2nd ² Ⅳ ½ "
    "🌊 the🌊 x\u200by an\u00adan \u00a0 \u2003 \u0085 \x1c \ufeff the\ufeff . , ; !? -- ' \" \n \t"
).split(" ")
RESULTS = (
    "exact f1 total HasAns_exact HasAns_f1 HasAns_total NoAns_exact NoAns_f1 NoAns_total "
    "best_exact best_exact_thresh best_f1 best_f1_thresh"
).split()
DEGENERATE = ["", " ", "the", "The", "a an the", "...", "!", "-", "the.", " a ", "\u00a0", "\ufeff", "🌊", "。"]


def random_answer(rng) -> str:
    if rng.random() < 0.12:
        return rng.choice(DEGENERATE)
    return rng.choice([" ", " ", "  ", "-"]).join(rng.choices(WORDS, k=rng.choice([1, 1, 2, 3, 5])))


def resembling(rng, answer: str) -> str:
    """Another answer that shares words with this one."""
    words = answer.split(" ")
    change = rng.randrange(4)
    if change == 0:
        rng.shuffle(words)
    elif change == 1:
        words.insert(rng.randrange(len(words) + 1), rng.choice(WORDS))
    elif change == 2:
        words.pop(rng.randrange(len(words)))
    return " ".join(words) if change < 3 else answer.upper()


def random_question(rng) -> list:
    """A prediction and the right answers, of which there may be none."""
    prediction = random_answer(rng)
    answers = [
        resembling(rng, prediction) if rng.random() < 0.6 else random_answer(rng)
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3]))
    ]
    return [prediction, answers]


def scores_of(script_1, script_2, prediction, answers) -> list:
    dataset = [{"paragraphs": [{"qas": [{"id": "q", "answers": {"text": answers}}]}]}]
    exact, f1 = script_2.get_raw_scores(dataset, {"q": prediction})
    scores = [int(exact["q"]), f1["q"]]
    if not answers:
        return scores  # version 1.1 has no such questions
    best = script_1.metric_max_over_ground_truths
    exact_1 = best(script_1.exact_match_score, prediction, answers)
    return [int(exact_1), best(script_1.f1_score, prediction, answers), *scores]


def metrics_of(script_2, questions, no_answer_scores, threshold) -> dict:
    """The main program of the official script, without its files."""
    qas = [{"id": str(i), "answers": {"text": answers}} for i, (_, answers) in enumerate(questions)]
    dataset = [{"paragraphs": [{"qas": qas}]}]
    predictions = {str(i): prediction for i, (prediction, _) in enumerate(questions)}
    no_answer = {str(i): score for i, score in enumerate(no_answer_scores)}
    has_answer = script_2.make_qid_to_has_ans(dataset)
    exact, f1 = script_2.get_raw_scores(dataset, predictions)
    thresholded = [script_2.apply_no_ans_threshold(s, no_answer, has_answer, threshold) for s in (exact, f1)]
    result = dict(script_2.make_eval_dict(*thresholded))
    for prefix, wanted in (("HasAns", True), ("NoAns", False)):
        ids = [i for i, has in has_answer.items() if has == wanted]
        if ids:
            script_2.merge_eval(result, script_2.make_eval_dict(*thresholded, qid_list=ids), prefix)
    script_2.find_all_best_thresh(result, predictions, exact, f1, no_answer, has_answer)
    return result


def write_metrics(script_1, script_2, sources):
    rng = random.Random(20160616)
    questions = [random_question(rng) for _ in range(1200)]
    sets = []
    for _ in range(1000):
        rows = [rng.randrange(len(questions)) for _ in range(rng.choice([1, 2, 3, 5, 8]))]
        # Few different scores, so that some are equal; some sets have only negative ones.
        no_answer_scores = [rng.choice([-6, -3, -1.5, -0.25, 0, 0.5, 2, 7.75]) for _ in rows]
        threshold = rng.choice([-2, 0, 1])
        result = metrics_of(script_2, [questions[row] for row in rows], no_answer_scores, threshold)
        sets.append([rows, no_answer_scores, threshold, [result.get(key) for key in RESULTS]])
    cases = [[*question, *scores_of(script_1, script_2, *question)] for question in questions]
    lines = lambda rows: ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    text = (
        f'{{"versions":{json.dumps(VERSIONS)},"sources":{json.dumps(sources)},\n'
        f'"results":{json.dumps(RESULTS)},\n"questions":[\n{lines(cases)}\n],\n"sets":[\n{lines(sets)}\n]}}\n'
    )
    (OUT / "squad_metrics.json").write_text(text, "utf8")


# Windows and answers

MAX_LENGTH, STRIDE = 384, 128
N_BEST, MAX_ANSWER_LENGTH = 20, 30
NULL_THRESHOLD = 0.5
LISTED = 20  # questions of which all answers that were kept are stored


def read_xquad(path: Path) -> list:
    """(id, question, context, answer's text, answer's start)"""
    paragraphs = [p for article in json.loads(path.read_text("utf8"))["data"] for p in article["paragraphs"]]
    return [
        (qa["id"], qa["question"], p["context"], qa["answers"][0]["text"], qa["answers"][0]["answer_start"])
        for p in paragraphs
        for qa in p["qas"]
    ]


def gold_places(encoding, window, start, text):
    """First and last token of the answer, as transformers' example finds them among the tokens of the context;
    [CLS] where the window does not have all of it."""
    offsets = encoding["offset_mapping"][window]
    context = [i for i, sequence in enumerate(encoding.sequence_ids(window)) if sequence == 1]
    end = start + len(text)
    if offsets[context[0]][0] > start or offsets[context[-1]][1] < end:
        return 0, 0
    first = max(i for i in context if offsets[i][0] <= start)
    return first, min(i for i in context if offsets[i][1] >= end)


def logit(window: int, token: int, side: int) -> float:
    """A number that float32 holds exactly, from -8 to 8, in no order; no two tokens of a window have the same one.
    [CLS] gets more, or there would hardly ever be no answer."""
    mixed = (window * 7919 + token * 104729 + side * 1299709 + 12345) % 2147483648
    for _ in range(3):  # of products below 2^53, which JavaScript's numbers hold
        mixed = (mixed * 1664525 + 1013904223) % 2147483648
    high = mixed // 65536  # 15 bits; the low bits of such a generator have short periods
    return (high * 512 + token) / 1048576 - 8 + (7 if token == 0 else 0)


class Places:
    """Stands in for a context: its slices are the places, so that the places of the answers come back."""

    def __getitem__(self, part):
        return "" if part.start == part.stop else f"{part.start}:{part.stop}"


def postprocess(utils_qa, rows, encoding, logits, with_null: bool, folder: Path):
    features = [
        {
            "example_id": str(example),
            "offset_mapping": [
                offset if sequence == 1 else None
                for offset, sequence in zip(encoding["offset_mapping"][window], encoding.sequence_ids(window))
            ],
        }
        for window, example in enumerate(encoding["overflow_to_sample_mapping"])
    ]

    class Examples(list):
        def __getitem__(self, key):
            return [row["id"] for row in self] if key == "id" else super().__getitem__(key)

    examples = Examples({"id": str(i), "context": Places()} for i in range(len(rows)))
    folder.mkdir(parents=True, exist_ok=True)
    answers = utils_qa.postprocess_qa_predictions(
        examples, features, logits, version_2_with_negative=with_null, n_best_size=N_BEST,
        max_answer_length=MAX_ANSWER_LENGTH, null_score_diff_threshold=NULL_THRESHOLD, output_dir=str(folder),
    )
    kept = json.loads((folder / "nbest_predictions.json").read_text())
    differences = json.loads((folder / "null_odds.json").read_text()) if with_null else {}
    return [(answers[e["id"]], kept[e["id"]], differences.get(e["id"])) for e in examples]


def span_of(place: str) -> list:
    return [-1, -1] if place == "" else [int(part) for part in place.split(":")]


def answers_tensors(results, with_null: bool) -> dict:
    """The answers given, the score of the best span, and, for the first questions, all that was kept."""
    best = [next(one for one in kept if one["text"] != "") for _, kept, _ in results]
    assert all(one["text"] != "empty" for one in best)
    listed = [kept for _, kept, _ in results[:LISTED]]
    tensors = {
        "answers": torch.tensor([span_of(answer) for answer, _, _ in results], dtype=torch.int32),  # [N, 2]
        "scores": torch.tensor([one["probability"] for one in best]),
        "listed.counts": torch.tensor([len(kept) for kept in listed], dtype=torch.int32),
        "listed.spans": torch.tensor([span_of(one["text"]) for kept in listed for one in kept], dtype=torch.int32),
        "listed.scores": torch.tensor([one["probability"] for kept in listed for one in kept]),
    }
    return {**tensors, "differences": torch.tensor([d for _, _, d in results])} if with_null else tensors


def language_tensors(tokenizer, utils_qa, path: Path, folder: Path):
    rows = read_xquad(path)
    encoding = tokenizer(
        [question for _, question, *_ in rows], [context for _, _, context, *_ in rows], truncation="only_second",
        max_length=MAX_LENGTH, stride=STRIDE, return_overflowing_tokens=True, return_offsets_mapping=True,
    )
    windows = encoding["overflow_to_sample_mapping"]
    places = [gold_places(encoding, w, rows[example][4], rows[example][3]) for w, example in enumerate(windows)]
    ids = np.concatenate([np.array(row, dtype="<i4") for row in encoding["input_ids"]])
    lengths = [len(row) for row in encoding["input_ids"]]
    # Beyond a window's end -100, as transformers' example joins windows of several lengths.
    logits = np.full((2, len(windows), MAX_LENGTH), -100, dtype=np.float32)
    for window, length in enumerate(lengths):
        for side in (0, 1):
            logits[side, window, :length] = [logit(window, token, side) for token in range(length)]
    tensors = {
        "window_questions": torch.tensor(windows, dtype=torch.int32),
        "window_lengths": torch.tensor(lengths, dtype=torch.int32),
        "places": torch.tensor(places, dtype=torch.int32),  # [windows, 2]
    }
    for name, with_null in (("squad_1", False), ("squad_2", True)):
        results = postprocess(utils_qa, rows, encoding, logits, with_null, folder / name)
        tensors |= {f"{name}.{key}": value for key, value in answers_tensors(results, with_null).items()}
    return tensors, sha256(ids.tobytes())


def write_answers(minilm: Path, xquad: Path, utils_qa, folder: Path, sources):
    tokenizer = AutoTokenizer.from_pretrained(minilm)
    tensors, digests = {}, {}
    for language in ("en", "es", "zh"):
        own, digests[language] = language_tensors(tokenizer, utils_qa, xquad / f"xquad.{language}.json", folder / language)
        tensors |= {f"{language}.{key}": value for key, value in own.items()}
        none = (own["squad_2.answers"][:, 0] < 0).float().mean().item()
        print(f"{language}: {len(own['window_lengths'])} windows, {none:.0%} without an answer")
    write_tensors(OUT / "squad_answers.safetensors", tensors)
    settings = {
        "maxLength": MAX_LENGTH, "docStride": STRIDE, "nBest": N_BEST, "maxAnswerLength": MAX_ANSWER_LENGTH,
        "nullThreshold": NULL_THRESHOLD,
    }
    content = {"versions": VERSIONS, "sources": sources, "settings": settings, "sha256OfIds": digests}
    (OUT / "squad_answers.json").write_text(json.dumps(content, indent=1) + "\n", "utf8")


def main():
    parser = argparse.ArgumentParser()
    for name in ("minilm", "xquad", "script-1", "script-2", "utils-qa"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True, help="where the example may write its files")
    a = parser.parse_args()
    digest = lambda path: sha256(path.read_bytes())
    write_metrics(
        load_module(a.script_1), load_module(a.script_2), {"squad": digest(a.script_1), "squad_v2": digest(a.script_2)}
    )
    write_answers(a.minilm, a.xquad, load_module(a.utils_qa), a.scratch, {"utils_qa.py": digest(a.utils_qa)})


if __name__ == "__main__":
    main()
