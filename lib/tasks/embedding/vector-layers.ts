import type { DenseActivation, Matrix, SentenceLayer } from "../../checkpoint/sentence/model.js";
import { LAYER_NORM_EPS } from "../../features/sentence-vector.js";
import { normalize } from "../../nn/functional.js";
import { tensor } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";

/** What the layers behind the pooling make of vectors, as `applyLayer`, with gradients: float32 [B, D] → [B, D'] */
export function throughLayers(vectors: Tensor, layers: readonly SentenceLayer[]): Tensor {
  return scope(() => layers.reduce(through, vectors));
}

function through(vectors: Tensor, layer: SentenceLayer): Tensor {
  if (layer.kind === "normalize") return normalize(vectors);
  const { device } = vectors;
  if (layer.kind === "layer-norm") {
    const [weight, bias] = [layer.weight, layer.bias].map((values) => tensor(values, { device }));
    const centred = vectors.sub(vectors.mean([1], true));
    const deviation = centred.mul(centred).mean([1], true).add(LAYER_NORM_EPS).sqrt();
    return centred.div(deviation).mul(weight!).add(bias!);
  }
  const { weight, bias, activation, residual } = layer;
  const product = vectors.matmul(transposed(weight, device));
  const output = ACTIVATE[activation](bias ? product.add(tensor(bias, { device })) : product);
  if (residual === null) return output;
  return output.add(residual === "input" ? vectors : vectors.matmul(transposed(residual, device)));
}

/** [columns, rows] */
function transposed({ values, rows, columns }: Matrix, device: string): Tensor {
  return tensor(values, { shape: [rows, columns], device }).transpose(0, 1);
}

const ACTIVATE: Record<DenseActivation, (x: Tensor) => Tensor> = {
  tanh: (x) => x.tanh(),
  relu: (x) => x.relu(),
  sigmoid: (x) => x.sigmoid(),
  identity: (x) => x,
};
