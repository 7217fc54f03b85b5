"""Prints, as JSON, what transformers makes of saved models: `python test/golden/check_saved.py DIR... < inputs.jsonl`.

Inputs are read, and models printed, a line for each directory.

The class is that of `architectures` in DIR/config.json, the tokenizer what AutoTokenizer loads. The inputs are a list
of texts, of pairs (question and context for question answering), or, for multiple choice, of lists of texts or pairs.

Printed: `name` of the class; `missing`, `unexpected` and `mismatched` parameters; `problemType`; `labels`; and for each
input its `inputIds` and
  sequence classification, multiple choice, next sentence: `logits` [classes]
  token classification: `logits` [tokens, classes], `offsets` in code points, `wordIds`
  question answering: `logits` [tokens, 2] of start and end, `offsets`, `sequenceIds`
  masked words, pre-training: `logits` [masks, pieces]; for pre-training also `sequenceLogits` [2]
  an encoder alone: `hiddenStates` [tokens, hidden size]
"""

import json
import os
import re
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from transformers import AutoConfig, AutoTokenizer


def load(directory: str):
    [architecture] = AutoConfig.from_pretrained(directory).architectures
    head = re.search("For[A-Z].*|$", architecture)[0]  # DistilBertForMaskedLM: ForMaskedLM; RobertaModel: nothing
    auto_class = getattr(transformers, f"AutoModel{head}")
    model, report = auto_class.from_pretrained(directory, output_loading_info=True)
    assert type(model).__name__ == architecture, f"{type(model).__name__}, not {architecture}"
    return model.float().eval(), report


def encode(tokenizer, texts):
    """One sequence; its offsets, words and parts beside what the model takes."""
    encoding = tokenizer(*([texts] if isinstance(texts, str) else texts), truncation=True, return_offsets_mapping=True)
    aligned = {
        "inputIds": encoding["input_ids"], "offsets": encoding.pop("offset_mapping"),
        "wordIds": encoding.word_ids(), "sequenceIds": encoding.sequence_ids(),
    }
    return encoding, aligned


def rows_of(encodings) -> dict:
    return {name: [encoding[name] for encoding in encodings] for name in encodings[0]}


def outputs_of(model, tokenizer, texts) -> dict:
    name = type(model).__name__
    if name.endswith("ForMultipleChoice"):
        encodings = [encode(tokenizer, choice)[0] for choice in texts]
        padded = tokenizer.pad(rows_of(encodings), return_tensors="pt")
        output = model(**{key: tensor.unsqueeze(0) for key, tensor in padded.items()})
        return {"inputIds": rows_of(encodings)["input_ids"], "logits": output.logits[0].tolist()}

    encoding, aligned = encode(tokenizer, texts)
    output = model(**{key: torch.tensor([row]) for key, row in encoding.items()})
    chosen = {"inputIds": aligned["inputIds"]}
    if "For" not in name:
        return {**chosen, "hiddenStates": output.last_hidden_state[0].tolist()}
    if name.endswith("ForTokenClassification"):
        return {**aligned, "logits": output.logits[0].tolist()}
    if name.endswith("ForQuestionAnswering"):
        return {**aligned, "logits": torch.stack([output.start_logits[0], output.end_logits[0]], dim=-1).tolist()}
    masks = torch.tensor(aligned["inputIds"]) == tokenizer.mask_token_id
    if name.endswith("ForMaskedLM"):
        return {**chosen, "logits": output.logits[0, masks].tolist()}
    if name.endswith("ForPreTraining"):
        sequence_logits = output.seq_relationship_logits[0].tolist()
        return {**chosen, "logits": output.prediction_logits[0, masks].tolist(), "sequenceLogits": sequence_logits}
    return {**chosen, "logits": output.logits[0].tolist()}


def check(directory: str, inputs: list):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model, report = load(directory)
    with torch.no_grad():
        outputs = [outputs_of(model, tokenizer, texts) for texts in inputs]
    print(json.dumps({
        "name": type(model).__name__,
        "missing": sorted(report["missing_keys"]),
        "unexpected": sorted(report["unexpected_keys"]),
        "mismatched": sorted(str(key) for key in report["mismatched_keys"]),
        "problemType": model.config.problem_type,
        "labels": list(model.config.id2label.values()),
        "outputs": outputs,
    }))


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for directory in sys.argv[1:]:
        check(directory, json.loads(sys.stdin.readline()))


if __name__ == "__main__":
    main()
