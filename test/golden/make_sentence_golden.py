"""Writes tiny models of sentence-transformers in each of its layouts, and what the library makes of texts with them:
vectors, how alike they are, and the scores and ranks of cross-encoders (test/golden/README.md says which)."""

import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer, SimilarityFunction
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling
from transformers import AutoModel, AutoModelForSequenceClassification, BertConfig

from families import build
from families_tokenizers import segmented_tokenizer
from reference import with_prefix, write_json, write_tensors

HIDDEN = 16
SIZES = {"hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TEXTS = ["the film was good", "", "the story was so " * 30, "naïve quickly 東京", "A slow, dull plot."]
PROMPTS = {"query": "the story: ", "document": "a film ", "passage": "Paris "}
SHARED = {"config.json", "model.safetensors", "tokenizer.json"}
QUERY = "was the film good?"
DOCUMENTS = ["the film was good", "a slow plot", "", "the cast was great, and so was the story " * 12, "Anna in Paris"]


def new_model(auto_class, generator, **fields):
    config = BertConfig(vocab_size=len(segmented_tokenizer()), max_position_embeddings=64, **SIZES, **fields)
    return build(auto_class, config, generator)


def randomised(module, generator):
    with torch.no_grad():
        for _, parameter in sorted(module.named_parameters()):
            parameter.normal_(0, 0.3, generator=generator)
    return module


def layouts(generator) -> dict:
    """What follows the encoder, and the model's settings."""
    mean = lambda **settings: Pooling(HIDDEN, "mean", **settings)
    wide = randomised(Dense(HIDDEN, 24, activation_function=torch.nn.Identity(), use_residual=True), generator)
    return {
        "mean-normalize": ([mean(), Normalize()], {"similarity_fn_name": "dot"}),
        "cls": ([Pooling(HIDDEN, "cls")], {}),
        "max-last": ([Pooling(HIDDEN, ["max", "lasttoken"])], {"similarity_fn_name": "manhattan"}),
        "sqrt-weighted": ([Pooling(HIDDEN, ["weightedmean", "mean_sqrt_len_tokens"])], {}),
        "dense": ([mean(), randomised(Dense(HIDDEN, 8), generator), Normalize()], {}),
        "residual-norm": ([mean(), wide, randomised(LayerNorm(24), generator)], {"similarity_fn_name": "euclidean"}),
        "prompts": ([mean()], {"prompts": PROMPTS, "default_prompt_name": "passage", "truncate_dim": 10}),
        "prompt-left-out": ([mean(include_prompt=False)], {"prompts": PROMPTS}),
    }


def write_layout(encoder: Path, out: Path, modules, settings) -> dict:
    """Saves a model, of which only what the encoder's folder does not hold is kept; returns the vectors."""
    model = SentenceTransformer(modules=[Transformer(str(encoder), max_seq_length=32), *modules], **settings)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch, create_model_card=False)
        model = SentenceTransformer(scratch, device="cpu")
        keep(Path(scratch), out)
    return vectors_of(model)


def write_old_layout(encoder: Path, out: Path) -> dict:
    """As versions before 5 wrote it: other names of modules and fields, and the length in a file of its own."""
    types = ["Transformer", "Pooling", "Normalize"]
    modules = [
        {"idx": i, "name": str(i), "path": f"{i}_{name}" if i else "", "type": f"sentence_transformers.models.{name}"}
        for i, name in enumerate(types)
    ]
    pooling = {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True,
               "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}
    write(out / "modules.json", modules)
    write(out / "1_Pooling/config.json", pooling)
    write(out / "sentence_bert_config.json", {"max_seq_length": 16, "do_lower_case": True})
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(encoder, scratch, dirs_exist_ok=True)
        shutil.copytree(out, scratch, dirs_exist_ok=True)
        (Path(scratch) / "2_Normalize").mkdir()
        return vectors_of(SentenceTransformer(scratch, device="cpu"))


def write(path: Path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def keep(saved: Path, out: Path):
    for file in sorted(saved.rglob("*")):
        if file.is_file() and file.name != "README.md" and str(file.relative_to(saved)) not in SHARED:
            target = out / file.relative_to(saved)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def vectors_of(model) -> dict:
    as_tensor = {"convert_to_tensor": True}
    return {
        "plain": model.encode(TEXTS, **as_tensor),
        "query": model.encode_query(TEXTS, **as_tensor),
        "document": model.encode_document(TEXTS, **as_tensor),
        "prompt": model.encode(TEXTS, prompt="who saw it? ", **as_tensor),
        "short": model.encode(TEXTS, truncate_dim=5, normalize_embeddings=True, **as_tensor),
        "similarity": model.similarity(model.encode(TEXTS[:3], **as_tensor), model.encode(TEXTS, **as_tensor)),
    }


def write_sentence_models(out: Path, generator):
    tokenizer = segmented_tokenizer()
    encoder = out / "encoder"
    new_model(AutoModel, generator).save_pretrained(encoder)
    tokenizer.save_pretrained(encoder)
    tensors = {}
    for name, (modules, settings) in layouts(generator).items():
        tensors |= with_prefix(name, write_layout(encoder, out / name, modules, settings))
    tensors |= with_prefix("old", write_old_layout(encoder, out / "old"))
    vectors = tensors["cls.plain"]
    for function in SimilarityFunction.possible_values():
        if function != "maxsim":
            tensors[f"similarity.{function}"] = SimilarityFunction.to_similarity_fn(function)(vectors[:2], vectors)
    write_tensors(out / "vectors.safetensors", tensors)
    write_json(out / "texts.json", {"texts": TEXTS})


# Cross-encoders


IDENTITY = "torch.nn.modules.linear.Identity"
# Fields of config.json as versions before 6 wrote them, or how version 6 is told to make the model that it saves.
CROSS_ENCODERS = {
    "silent": ({}, None),
    "version-4": ({"sentence_transformers": {"activation_fn": IDENTITY, "version": "4.1.0"}}, None),
    "version-3": ({"sbert_ce_default_activation_function": IDENTITY}, None),
    "version-6": ({}, {"activation_fn": torch.nn.Identity()}),
    "prompted": ({}, {"prompts": {"ask": "the story: "}, "default_prompt_name": "ask"}),
}


def write_cross_encoders(out: Path, generator):
    model = new_model(AutoModelForSequenceClassification, generator, num_labels=1)
    model.save_pretrained(out)
    segmented_tokenizer().save_pretrained(out)
    cases = {}
    for name, (fields, settings) in CROSS_ENCODERS.items():
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(out, scratch, dirs_exist_ok=True)
            config = json.loads((out / "config.json").read_text())
            write(Path(scratch) / "config.json", {**config, **fields})
            if settings is not None:
                CrossEncoder(scratch, device="cpu", **settings).save_pretrained(scratch, create_model_card=False)
            cases[name] = {"config": fields, "files": new_files(Path(scratch), out), **scored(scratch)}
    write_json(out / "cases.json", {"query": QUERY, "documents": DOCUMENTS, "cases": cases})


def new_files(saved: Path, out: Path) -> dict:
    names = sorted(file.name for file in saved.glob("*.json") if not (out / file.name).exists())
    return {name: json.loads((saved / name).read_text()) for name in names}


def scored(directory: str) -> dict:
    encoder = CrossEncoder(directory, device="cpu")
    pairs = [(QUERY, document) for document in DOCUMENTS]
    return {
        "scores": encoder.predict(pairs).tolist(), "short": scores_of_short(encoder, pairs),
        "ranks": encoder.rank(QUERY, DOCUMENTS, top_k=3),
    }


def scores_of_short(encoder, pairs) -> list:
    """With at most 12 tokens of a pair."""
    length, encoder.max_seq_length = encoder.max_seq_length, 12
    scores = encoder.predict(pairs).tolist()
    encoder.max_seq_length = length
    return scores


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out = Path(__file__).parent / "data"
    generator = torch.Generator().manual_seed(2019)
    write_sentence_models(out / "sentence", generator)
    write_cross_encoders(out / "cross-encoder", generator)


if __name__ == "__main__":
    main()
