"""Writes the reference values that the tests compare with (test/golden/README.md says which)."""

import argparse
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

from embeddings import write_embeddings
from families import write_families
from layer_rates import write_layer_rates
from masked_lm import write_masked_lm
from layer_rates import write_layer_rates
from losses import write_losses
from minilm import write_minilm
from modules import write_modules, write_presets, write_schedules
from multiple_choice import write_multiple_choice
from pretraining import write_pretraining
from sequence_heads import write_sequence_heads
from question_answering import write_question_answering
from tiny import write_tiny
from token_classification import write_token_classification


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minilm", type=Path, required=True, help="directory of all-MiniLM-L6-v2")
    parser.add_argument("--data", type=Path, required=True, help="directory that holds sst2/ and xquad/")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data")
    arguments = parser.parse_args()

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    # One thread: sums are then added in the same order whatever the number of cores.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    arguments.out.mkdir(parents=True, exist_ok=True)

    write_modules(arguments.out)
    write_losses(arguments.out)
    write_schedules(arguments.out)
    write_presets(arguments.out)
    write_tiny(arguments.out)
    write_layer_rates(arguments.out)
    write_sequence_heads(arguments.out)
    write_pretraining(arguments.out)
    write_token_classification(arguments.out)
    write_multiple_choice(arguments.out)
    write_masked_lm(arguments.out)
    write_question_answering(arguments.out)
    write_families(arguments.out)
    write_minilm(arguments.minilm, arguments.data, arguments.out)
    write_embeddings(arguments.minilm, arguments.data, arguments.out)


if __name__ == "__main__":
    main()
