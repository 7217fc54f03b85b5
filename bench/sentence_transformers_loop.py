"""The other side of bench/retrieval.ts: trains vectors with sentence-transformers' own trainer, as its documentation does.

    python bench/sentence_transformers_loop.py MODEL train.jsonl OUTPUT --epochs 2 --batch-size 32 … --dtype bfloat16

Prints one JSON object: the seconds of training.
"""

import argparse
import json
import time
from pathlib import Path

from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("train", type=Path)
parser.add_argument("output")
parser.add_argument("--epochs", type=int)
parser.add_argument("--batch-size", type=int)
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--max-seq-length", type=int)
parser.add_argument("--seed", type=int)
parser.add_argument("--dtype")
arguments = parser.parse_args()

rows = [json.loads(line) for line in arguments.train.read_text().splitlines()]
pairs = Dataset.from_list([{"anchor": row["query"], "positive": row["positive"]} for row in rows])
model = SentenceTransformer(arguments.model, device="cpu")
model.max_seq_length = arguments.max_seq_length
settings = SentenceTransformerTrainingArguments(
    output_dir=arguments.output, num_train_epochs=arguments.epochs, per_device_train_batch_size=arguments.batch_size,
    learning_rate=arguments.learning_rate, warmup_steps=0.1, weight_decay=0.01, bf16=arguments.dtype == "bfloat16",
    batch_sampler="no_duplicates", seed=arguments.seed, use_cpu=True, save_strategy="no", report_to=[],
    disable_tqdm=True, logging_strategy="no")
trainer = SentenceTransformerTrainer(model=model, args=settings, train_dataset=pairs,
                                     loss=MultipleNegativesRankingLoss(model))
start = time.perf_counter()
trainer.train()
seconds = time.perf_counter() - start
model.save_pretrained(arguments.output)
print(json.dumps({"seconds": seconds}))
