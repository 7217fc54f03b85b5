import assert from "node:assert/strict";
import { test } from "node:test";
import { packSequences, positionsWithoutPadding } from "../../lib/models/packing.js";
import { DEVICE } from "../support/device.js";
import { goldenPath, inputOf } from "../support/golden.js";
import { loadSavedNetwork } from "../support/networks.js";
import { inPython, withoutPython } from "../support/python.js";
import { assertClose } from "../support/tolerance.js";

const PAD = 1;
const SEQUENCES = [
  { inputIds: [0, 7, PAD, 8, 2], tokenTypeIds: [0, 0, 0, 0, 0] },
  { inputIds: [0, 9, 2], tokenTypeIds: [0, 0, 0] },
];

test("a padding token that a text has is not counted in RoBERTa's positions", () => {
  const packed = packSequences(SEQUENCES, [0, 1]);
  assert.deepEqual([...positionsWithoutPadding(packed, PAD)], [0, 1, -1, 2, 3, 0, 1, 2]);
  assert.equal(positionsWithoutPadding(packed, 99), packed.positionIds);
});

const HIDDEN_STATES = `
import json, sys, torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1]).eval()
for line in sys.stdin:
    ids = torch.tensor([json.loads(line)])
    with torch.no_grad():
        print(json.dumps(model(ids, attention_mask=torch.ones_like(ids)).last_hidden_state.flatten().tolist()))
`;

test("hidden states of a text that says <pad> are those of transformers", {
  skip: withoutPython,
}, async () => {
  const directory = goldenPath("families/tiny-roberta");
  const network = loadSavedNetwork(directory, "sequence-classification", 3);
  const { lastHiddenState } = network.encoder.forward(inputOf(SEQUENCES));
  const inputs = SEQUENCES.map(({ inputIds }) => inputIds);
  const expected = (await inPython<number[]>(HIDDEN_STATES, [directory], ...inputs)).flat();
  assert.equal(lastHiddenState.device.startsWith(DEVICE), true);
  // Float32 of other kernels through two layers; values reach 10.
  assertClose(lastHiddenState.toArray(), expected, { absolute: 1e-5, relative: 1e-5 });
});
