import type { Module } from "../../lib/nn/module.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";

/** Where tests that compare with golden values compute: on the CPU, but for `npm run gpu:check`. */
export const DEVICE = process.env.LIBBERT_TEST_DEVICE ?? "cpu";

/** Moves a model's parameters there. */
export function onDevice<Model extends Module>(model: Model): Model {
  if (DEVICE !== "cpu") new FlatParameters(model.namedParameters(), { device: DEVICE });
  return model;
}
