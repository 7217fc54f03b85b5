import assert from "node:assert/strict";
import { test } from "node:test";
import { productFlops } from "../../bench/profile/product-flops.js";
import { trainingFlops } from "../../bench/training-flops.js";
import { firstTokens } from "../../lib/models/encoder-input.js";
import { bertPreset } from "../../lib/models/model-config.js";
import { cat, tensor } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { scope } from "../../lib/tensor/scope.js";
import { inputOf } from "../support/golden.js";
import { newNetwork } from "../support/networks.js";

test("what training needs is what the products of an update compute, and those within attention", () => {
  const config = bertPreset("tiny", { vocab_size: 100 });
  const { hiddenSize, numHiddenLayers } = config.encoder;
  const lengths = new Array<number>(32).fill(4); // numbers of tokens that are not rounded up
  const positions = Int32Array.from({ length: 32 }, (_, index) => 3 * index + 1);
  scope(() => {
    const network = newNetwork(config, "pretraining");
    const { encoder, head } = network;
    const batch = inputOf(
      lengths.map((length) => ({
        inputIds: new Int32Array(length).fill(7),
        tokenTypeIds: new Uint8Array(length),
      })),
    );
    native.startProfile([], false);
    const places = tensor(positions);
    const { encoded, input } = network.encode(batch, cat([firstTokens(batch), places]));
    const { wordLogits, nextSentenceLogits } = head.forward(encoded, input, places, encoder);
    wordLogits.sum().add(nextSentenceLogits.sum()).backward();
    const profile = native.endProfile();

    const products = profile.reduce((sum, [operator, shapes, calls]) => {
      const sizes = shapes.slice(shapes.indexOf(" ") + 1).split(", ");
      return (
        sum +
        calls *
          productFlops(
            operator,
            sizes.map((shape) => shape.split("x").map(Number)),
          )
      );
    }, 0);
    const pairs = lengths.reduce((sum, length) => sum + length * length, 0);
    const withinAttention = 3 * 2 * 2 * pairs * hiddenSize * numHiddenLayers;
    const nextSentences = 3 * 2 * lengths.length * hiddenSize * 2;
    const needed = trainingFlops(config.encoder, { lengths, predictions: positions.length });
    assert.equal(products, needed - withinAttention + nextSentences);
  });
});
