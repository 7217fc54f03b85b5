import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import * as torch from "../../lib/torch.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

class TwoLayers extends torch.nn.Module {
  readonly hidden: torch.nn.Linear;
  readonly output = new torch.nn.Linear(8, 3);

  constructor({ hiddenSize }: torch.EncoderConfig) {
    super();
    this.hidden = new torch.nn.Linear(hiddenSize, 8);
  }
}

function load(directory: string, loading: Omit<torch.NetworkLoading, "family" | "head"> = {}) {
  const { family, encoder } = torch.readConfig(directory);
  const network = new torch.Network(family.createEncoder(encoder), new TwoLayers(encoder));
  using weights = new torch.CheckpointWeights(directory);
  const report = torch.loadNetwork(network, weights, { family, head: null, ...loading });
  return { network, report };
}

const valuesOf = ({ encoder, head }: torch.Network<TwoLayers>) =>
  [encoder.wordEmbeddings, head.hidden.weight, head.output.weight].map((tensor) => tensor.toBytes());

test("a head of one's own starts anew on a checkpoint's encoder, and is stored and loaded under its own names", () => {
  for (const original of ["tiny-bert", "families/tiny-roberta"].map(goldenPath)) {
    const { network, report } = load(original, { newHead: "all", seed: 1 });
    assert.deepEqual(report.initialised, [
      ...["head.hidden.weight", "head.hidden.bias", "head.output.weight", "head.output.bias"],
    ]);
    const another = load(original, { newHead: "all", seed: 2 }).network;
    assert.deepEqual(valuesOf(another)[0], valuesOf(network)[0], "the encoder is the checkpoint's");
    assert.notDeepEqual(valuesOf(another)[1], valuesOf(network)[1], "the head is the seed's");

    const directory = temporaryDirectory();
    const { family, json } = torch.readConfig(original);
    torch.scope(() =>
      torch.writeModel(directory, json, torch.networkTensors(network, { family, head: null })),
    );
    const again = load(directory);
    assert.deepEqual(again.report, { initialised: [], ignored: [] });
    assert.deepEqual(valuesOf(again.network), valuesOf(network));
  }
});

test("without a new one, a head that the checkpoint lacks is named", () => {
  assert.throws(() => load(goldenPath("tiny-bert")), {
    code: "ERR_CHECKPOINT",
    message: /\n {2}missing: head\.hidden\.weight\n/,
  });
});
