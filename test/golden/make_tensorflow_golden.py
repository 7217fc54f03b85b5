"""Writes the very small BERT of make_pytorch_golden.py as BERT's own code saves it with TensorFlow 1: pre-trained, in the
middle of a training, and fine-tuned for classification and for SQuAD. It needs tensorflow and safetensors, and no torch:
`python test/golden/make_tensorflow_golden.py`."""

import json
from pathlib import Path

import numpy
import tensorflow
from safetensors.numpy import load_file, save_file

tf = tensorflow.compat.v1
OUT = Path(__file__).parent / "data" / "formats"
PARTS = {"weight": "kernel", "bias": "bias"}
HEADS = {
    "cls.predictions.bias": "cls/predictions/output_bias",
    "cls.seq_relationship.weight": "cls/seq_relationship/output_weights",
    "cls.seq_relationship.bias": "cls/seq_relationship/output_bias",
}


def variable_name(name):
    """What google-research/bert calls a parameter."""
    if name in HEADS:
        return HEADS[name]
    if "_embeddings." in name:
        return name.removesuffix(".weight").replace(".", "/")
    if "LayerNorm" in name:
        return name.replace("weight", "gamma").replace("bias", "beta").replace(".", "/")
    path, part = name.rsplit(".", 1)
    return f"{path}.{PARTS[part]}".replace("encoder.layer.", "encoder.layer_").replace(".", "/")


def variables_of(weights):
    named = {variable_name(name): values for name, values in weights.items()}
    return {name: values.T if name.endswith("/kernel") else values for name, values in named.items()}


def write(folder, prefix, variables):
    folder.mkdir(parents=True, exist_ok=True)
    with tf.Graph().as_default(), tf.Session() as session:
        made = {name: tf.Variable(values, name=name) for name, values in variables.items()}
        session.run(tf.global_variables_initializer())
        tf.train.Saver(made).save(session, str(folder / prefix), write_meta_graph=False)
    (folder / "checkpoint").unlink()


def write_beside(folder):
    config = json.loads((OUT / "pytorch-zip" / "config.json").read_text())
    fields = [
        "attention_probs_dropout_prob", "hidden_act", "hidden_dropout_prob", "hidden_size", "initializer_range",
        "intermediate_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "type_vocab_size",
        "vocab_size",
    ]
    text = json.dumps({field: config[field] for field in fields}, indent=2)
    (folder / "bert_config.json").write_text(text + "\n")
    (folder / "vocab.txt").write_text((OUT / "pytorch-zip" / "vocab.txt").read_text())


def main():
    random = numpy.random.default_rng(43)
    pretrained = variables_of(load_file(OUT / "weights.safetensors"))
    slots = {f"{name}/{slot}": values * 0 for name, values in pretrained.items() for slot in ("adam_m", "adam_v")}
    encoder = {name: values for name, values in pretrained.items() if name.startswith("bert/")}

    def normal(*shape):
        return random.normal(size=shape).astype(numpy.float32)

    heads = {"classifier.weight": normal(3, 8), "classifier.bias": normal(3)}
    heads |= {"qa_outputs.weight": normal(2, 8), "qa_outputs.bias": normal(2)}
    save_file(heads, OUT / "tensorflow-heads.safetensors", {"tensorflow": tensorflow.__version__})
    classifier = {"output_weights": heads["classifier.weight"], "output_bias": heads["classifier.bias"]}
    squad = {"cls/squad/output_weights": heads["qa_outputs.weight"], "cls/squad/output_bias": heads["qa_outputs.bias"]}
    for folder, prefix, variables in [
        ("tensorflow", "bert_model.ckpt", pretrained),
        ("tensorflow-training", "model.ckpt-20", {**pretrained, **slots, "global_step": numpy.int64(20)}),
        ("tensorflow-classifier", "model.ckpt-7", {**encoder, **classifier}),
        ("tensorflow-squad", "model.ckpt-9", {**encoder, **squad}),
    ]:
        write(OUT / folder, prefix, variables)
        write_beside(OUT / folder)


main()
