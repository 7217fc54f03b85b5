import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { bert } from "../../lib/models/families/bert.js";
import { roberta } from "../../lib/models/families/roberta.js";
import { bertPreset } from "../../lib/models/model-config.js";
import { gelu } from "../../lib/nn/functional.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { randn, tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { GoldenTensors, inputOf } from "../support/golden.js";
import { assertGoldenGradients } from "../support/golden-gradients.js";
import { gradientsOf, newNetwork } from "../support/networks.js";
import { countsOf, goldenExamples, loadTinyPretraining, logitsOf, lossSums } from "../support/pretraining.js";
import { assertClose, relativeError } from "../support/tolerance.js";

const golden = new GoldenTensors("pretraining_forward.safetensors");
const examples = goldenExamples(golden);
const counts = countsOf(examples);

// Float32 of other kernels through two layers and a head; values reach 10.
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

test("logits of masked words and of next sentences are those of transformers", () => {
  const { wordLogits, nextSentenceLogits } = logitsOf(loadTinyPretraining(), examples);
  assert.deepEqual(wordLogits.shape, [golden.values("masked_words").length, 114]);
  assertClose(wordLogits.toArray(), golden.values("word_logits"), TOLERANCE, "words");
  assertClose(
    nextSentenceLogits.toArray(),
    golden.values("next_sentence_logits"),
    TOLERANCE,
    "next sentence",
  );
});

test("both losses, and their sum, are those of transformers on the padded batch", () => {
  const { words, pairs } = lossSums(loadTinyPretraining(), examples);
  const losses = [words.item() / counts.words, pairs.item() / counts.pairs];
  assertClose([losses[0]!], golden.values("word_loss"), { absolute: 1e-5 }, "words");
  assertClose([losses[1]!], golden.values("next_sentence_loss"), { absolute: 1e-5 }, "next sentence");
  assertClose([losses[0]! + losses[1]!], golden.values("loss"), { absolute: 1e-5 }, "sum");
});

test("every gradient is that of transformers, also of the embeddings that serve input and decoder", () => {
  const model = loadTinyPretraining();
  const parameters = new FlatParameters(model.namedParameters());
  parameters.allocateGradients();
  const { words, pairs } = lossSums(model, examples);
  words.div(counts.words).add(pairs.div(counts.pairs)).backward();

  const gradients = gradientsOf(model, parameters, { family: bert, head: "pretraining" });
  assertGoldenGradients(gradients, golden, { keyBias: 1e-6 });
});

test("with causal, a token's hidden state tells nothing of what comes after it", () => {
  const { encoder } = loadTinyPretraining();
  const { inputIds, tokenTypeIds } = examples[5]!.sequence; // 64 tokens
  const firstTwenty = (causal: boolean, changed: boolean) => {
    const ids = Array.from(inputIds, (id, position) => (changed && position >= 20 ? 113 - id : id));
    const input = { ...inputOf([{ inputIds: ids, tokenTypeIds }]), causal };
    return encoder.forward(input).lastHiddenState.narrow(0, 0, 20).toArray();
  };
  assertClose(firstTwenty(true, true), firstTwenty(true, false), TOLERANCE);
  assert.ok(relativeError(firstTwenty(false, true), firstTwenty(false, false)) > 0.01, "without it, it does");
});

test("the masked-word head's activation is the configuration's, but always GELU in RoBERTa", () => {
  const small = { hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 1, vocab_size: 8 };
  const hidden = randn([4, 8]);
  const activations = {
    gelu: (x: Tensor) => gelu(x),
    gelu_new: (x: Tensor) => gelu(x, "tanh"),
    relu: (x: Tensor) => x.relu(),
  };
  for (const [name, activation] of Object.entries(activations)) {
    const hidden_act = name as keyof typeof activations;
    const config = bertPreset("tiny", { ...small, initializer_range: 1, hidden_act });
    const { encoder, head } = newNetwork(config, "pretraining");
    // With as many words as units, each with a unit of its own, the logits are what the head decodes.
    const unitOfEach = Float32Array.from({ length: 64 }, (_, index) => (index % 9 === 0 ? 1 : 0));
    noGrad(() => encoder.wordEmbeddings.copy_(tensor(unitOfEach, { shape: [8, 8] })));
    const decoded = head.words.forward(hidden, encoder);
    const { dense, LayerNorm } = head.words;
    const expected = LayerNorm.forward(activation(dense.forward(hidden)));
    // GELU in one with its layer is known to 1e-7 of its input; the normalisation divides by a deviation above 0.1.
    assertClose(decoded.toArray(), expected.toArray(), { absolute: 1e-5 }, name);
    assert.equal(roberta.wordActivation(config.encoder), "gelu");
  }
});

test("a decoder with weights of its own is refused: they would be passed over in silence", () => {
  const config = bertPreset("tiny", { vocab_size: 8, tie_word_embeddings: false });
  assert.throws(() => newNetwork(config, "pretraining"), {
    code: "ERR_CHECKPOINT",
    message: /tie_word_embeddings/,
  });
});
