import "../support/one-thread.js";

import { join } from "node:path";
import { test } from "node:test";
import { ACTIVATIONS } from "../../lib/models/activation.js";
import { GoldenTensors, inputOf } from "../support/golden.js";
import { loadSavedNetwork, logitsOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";
import { alteredModel } from "./altered-model.js";
import { exported, runOnnx } from "./run-onnx.js";

const sequences = new GoldenTensors("tiny_forward.safetensors").sequences();

for (const activation of ACTIVATIONS)
  test(`${activation}: onnxruntime gives libbert's logits`, async () => {
    const folder = alteredModel("tiny-bert", { hidden_act: activation });
    const file = join(await exported(folder), "onnx/model.onnx");
    const { logits } = await runOnnx(file, { sequences, paddingId: 0 });
    const own = logitsOf(loadSavedNetwork(folder, "sequence-classification", 3), inputOf(sequences));
    assertClose(logits!.values, own.toArray(), { absolute: 1e-4 });
  });
