"""Tiny models of other families than BERT with WordPiece: their checkpoints, and what transformers makes of texts."""

import copy
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification, BertConfig, CamembertConfig, DistilBertConfig, ElectraConfig, RobertaConfig,
    XLMRobertaConfig,
)

from families_heads import HEADS, label_names
from families_tokenizers import (
    MAX_LENGTH, OTHER_WORDS, byte_level_tokenizer, camembert_tokenizer, encode, padded, segmented_tokenizer,
    unigram_tokenizer, word_piece_tokenizer,
)
from reference import pack, real_tokens, train, with_prefix, write_json, write_tensors
from tiny import WORDS

LABELS = ["negative", "neutral", "positive"]
TEXTS = [
    "the film was good",
    ("A very slow story, and a dull plot.", "the cast is great"),
    "Zoë saw naïve actors in São Paulo 🎬…",
    ("was it funny?", "not so funny, but warm 😀"),
    "",
    " ".join([*WORDS, *WORDS[::-1]]),  # cut to MAX_LENGTH
    "Ｔｏｋｙｏ, 東京: a cafe\u0301\u00a0story",
    (" ".join(WORDS), " ".join(WORDS[:-30:-1])),  # cut, too
]

ROBERTA_SIZES = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": MAX_LENGTH + 2, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
}


def distilbert_config(vocab_size, **labels):
    return DistilBertConfig(
        vocab_size=vocab_size, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=MAX_LENGTH,
        **labels,
    )


def roberta_config(vocab_size, **labels):
    return RobertaConfig(vocab_size=vocab_size, **ROBERTA_SIZES, **labels)


def xlm_roberta_config(vocab_size, **labels):
    return XLMRobertaConfig(vocab_size=vocab_size, **ROBERTA_SIZES, **labels)


def bert_config(vocab_size, **labels):
    """As multilingual-e5-small has it: there are more rows than pieces, and `pad_token_id` is still BERT's 0, which is
    the tokenizer's <s>. PyTorch's embedding gives that row no gradient, so <s> is not trained."""
    return BertConfig(
        vocab_size=vocab_size + 7, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=MAX_LENGTH, tokenizer_class="XLMRobertaTokenizer", pad_token_id=0, **labels,
    )


SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def electra_config(vocab_size, **labels):
    """As the small one on the Hub: the tables of embeddings are narrower than the layers."""
    return ElectraConfig(
        vocab_size=vocab_size, embedding_size=8, max_position_embeddings=MAX_LENGTH, **SMALL, **labels,
    )


def wide_electra_config(vocab_size, **labels):
    """As the base one: without a projection."""
    return ElectraConfig(
        vocab_size=vocab_size, embedding_size=16, max_position_embeddings=MAX_LENGTH, **SMALL, **labels,
    )


def camembert_config(vocab_size, **labels):
    """With BERT's two token types, of which the tokenizer gives the first."""
    return CamembertConfig(
        vocab_size=vocab_size, max_position_embeddings=MAX_LENGTH + 2, layer_norm_eps=1e-5, **SMALL,
        bos_token_id=5, eos_token_id=6, **labels,
    )


BERT_WEIGHTS = ["encoder.layer.0.attention.self.query.weight", "encoder.layer.1.output.dense.weight"]
ROBERTA_HEAD_WEIGHTS = ["classifier.dense.weight", "classifier.out_proj.weight", "classifier.out_proj.bias"]
# Name, tokenizer, configuration, further heads, weights of encoder and head that are stored after training.
FAMILIES = [
    (
        "tiny-distilbert", word_piece_tokenizer, distilbert_config, ["ner", "qa", "mlm"],
        ["transformer.layer.0.attention.q_lin.weight", "transformer.layer.1.sa_layer_norm.weight"],
        ["pre_classifier.weight", "classifier.weight", "classifier.bias"],
    ),
    (
        "tiny-roberta", byte_level_tokenizer, roberta_config, ["ner", "qa", "mlm"],
        BERT_WEIGHTS, ROBERTA_HEAD_WEIGHTS,
    ),
    ("tiny-xlm-roberta", unigram_tokenizer, xlm_roberta_config, ["ner"], BERT_WEIGHTS, ROBERTA_HEAD_WEIGHTS),
    (
        "tiny-bert-unigram", unigram_tokenizer, bert_config, [],
        BERT_WEIGHTS, ["bert.pooler.dense.bias", "classifier.weight", "classifier.bias"],
    ),
    (
        "tiny-electra", segmented_tokenizer, electra_config, ["ner", "qa", "mlm", "choice"],
        ["embeddings_project.weight", "encoder.layer.1.output.dense.weight"], ROBERTA_HEAD_WEIGHTS,
    ),
    ("tiny-electra-wide", segmented_tokenizer, wide_electra_config, [], BERT_WEIGHTS, ROBERTA_HEAD_WEIGHTS),
    ("tiny-camembert", camembert_tokenizer, camembert_config, ["ner", "mlm"], BERT_WEIGHTS, ROBERTA_HEAD_WEIGHTS),
]


def build(auto_class, config, generator):
    """With every value random, as in tiny.py."""
    model = auto_class.from_config(config).eval()
    norms = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.LayerNorm)}
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            parameter.normal_(1.0 if id(parameter) in norms else 0.0, 0.2, generator=generator)
    return model


def save(model, tokenizer, directory: Path):
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def write_forward(model, tokenizer, path: Path):
    sequences, labels = encode(tokenizer, TEXTS), [i % 3 for i in range(len(TEXTS))]
    batch = padded(tokenizer, sequences)
    encoded = model.base_model(**batch, output_hidden_states=True).hidden_states
    hidden_states = {str(i): real_tokens(hidden, batch["attention_mask"]) for i, hidden in enumerate(encoded)}
    output = model(**batch, labels=torch.tensor(labels))
    output.loss.backward()
    tensors = {
        **pack(sequences),
        "labels": torch.tensor(labels, dtype=torch.int32),
        **with_prefix("hidden_states", hidden_states),
        "logits": output.logits,
        "loss": output.loss,
        **with_prefix("grad", {name: parameter.grad for name, parameter in model.named_parameters()}),
    }
    write_tensors(path, tensors)


def random_texts(generator, count: int) -> list:
    """Every second one a pair."""
    words = [*WORDS, *OTHER_WORDS]

    def text():
        length = int(torch.randint(1, 11, [], generator=generator))
        return " ".join(words[i] for i in torch.randint(len(words), [length], generator=generator))

    return [(text(), text()) if index % 2 == 1 else text() for index in range(count)]


def decay_groups(model, weight_decay: float) -> list:
    """No decay of biases and LayerNorm, which DistilBERT names otherwise than BERT."""
    norms = {id(p) for module in model.modules() if isinstance(module, torch.nn.LayerNorm) for p in module.parameters()}
    decayed, others = [], []
    for name, parameter in model.named_parameters():
        (others if name.endswith("bias") or id(parameter) in norms else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def write_training(model, tokenizer, generator, final_weights, out: Path, name: str):
    batches = []
    for _ in range(5):
        sequences = encode(tokenizer, random_texts(generator, 8))
        batches.append((sequences, torch.randint(3, [8], generator=generator)))

    def gradients_of(trained, sequences, labels):
        trained.zero_grad()
        loss = trained.eval()(**padded(tokenizer, sequences), labels=labels).loss
        loss.backward()
        return loss.item(), {}

    trained = copy.deepcopy(model)
    curve = train(
        trained, batches, torch.optim.AdamW, learning_rate=1e-3, gradients_of=gradients_of, groups_of=decay_groups
    )
    tensors = with_prefix("adamw.final", {weight: trained.state_dict()[weight] for weight in final_weights})
    for index, (sequences, labels) in enumerate(batches):
        tensors |= with_prefix(f"batch.{index}", {**pack(sequences), "labels": labels.to(torch.int32)})
    write_json(out / f"{name}_training.json", {"adamw": curve})
    write_tensors(out / f"{name}_training.safetensors", tensors)


def write_families(out: Path):
    out = out / "families"
    out.mkdir(exist_ok=True)
    write_json(out / "texts.json", {"texts": TEXTS})
    for seed, family in enumerate(FAMILIES, 2019):
        write_family(out, torch.Generator().manual_seed(seed), *family)


def write_family(out: Path, generator, name, make_tokenizer, make_config, heads, encoder_weights, head_weights):
    tokenizer = make_tokenizer()
    config = make_config(len(tokenizer), **label_names(LABELS))
    model = build(AutoModelForSequenceClassification, config, generator)
    save(model, tokenizer, out / name)
    shared = ["embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight", *encoder_weights]
    final_weights = [*(f"{model.base_model_prefix}.{weight}" for weight in shared), *head_weights]
    write_training(model, tokenizer, generator, final_weights, out, name)
    write_forward(model, tokenizer, out / f"{name}_forward.safetensors")
    for head in heads:
        auto_class, labels, write_values = HEADS[head]
        model = build(auto_class, make_config(len(tokenizer), **labels), generator)
        write_values(model, tokenizer, out, f"{name}-{head}")
        save(model, tokenizer, out / f"{name}-{head}")
