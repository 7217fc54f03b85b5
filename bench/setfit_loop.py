"""Trains SetFit on labelled rows, and prints its accuracy on others as JSON: `python bench/setfit_loop.py MODEL TRAIN TEST SEED DTYPE`.

The pairs are those of Tunstall et al. (2022), 20 of each kind for each row, once; all else is SetFit's default. With bfloat16 PyTorch
may compute products of float32 in it; all else stays float32.
"""

import csv
import json
import os
import sys
import tempfile
import time

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, models
from setfit import SetFitModel, Trainer, TrainingArguments
from sklearn.linear_model import LogisticRegression

model_path, train_path, test_path, seed, dtype = sys.argv[1:]
torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.set_float32_matmul_precision("medium" if dtype == "bfloat16" else "highest")


def rows_of(path: str) -> Dataset:
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return Dataset.from_list([{"text": row["text"], "label": row["label"]} for row in rows])


train, test = rows_of(train_path), rows_of(test_path)
start = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    encoder = models.Transformer(model_path)
    width = encoder.get_word_embedding_dimension()
    body = SentenceTransformer(modules=[encoder, models.Pooling(width, "mean"), models.Normalize()], device="cpu")
    model = SetFitModel(model_body=body, model_head=LogisticRegression(), labels=sorted(set(train["label"])))
    arguments = TrainingArguments(
        output_dir=folder, num_iterations=20, seed=int(seed), report_to="none", show_progress_bar=False, save_strategy="no"
    )
    Trainer(model=model, args=arguments, train_dataset=train).train()
seconds = time.perf_counter() - start
predicted = model.predict(test["text"])
right = sum(str(own) == wanted for own, wanted in zip(predicted, test["label"]))
print(json.dumps({"accuracy": right / len(test), "seconds": seconds}))
