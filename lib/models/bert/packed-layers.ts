import { Module, Parameter } from "../../nn/module.js";
import { ownBfloat16ProductsAreFastest } from "../../runtime/cpu.js";
import { noGrad } from "../../tensor/autograd.js";
import { native } from "../../tensor/native.js";
import type { TensorHandle } from "../../tensor/native-ops.js";
import { handleOf, Tensor } from "../../tensor/tensor.js";
import { operatorActivation } from "../activation.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import type { BertEncoder, BertLayer } from "./layers.js";

/**
 * The stack of layers for prediction alone: one call computes all of them, and weights lie in the order in which products read
 * them, or are integers of 8 bits, so they have neither the shapes nor the names of a checkpoint's.
 */
export class PackedLayers extends Module {
  readonly #config: EncoderConfig;
  readonly #parameters: readonly Parameter[];
  /** Of weights that are integers. */
  readonly #scales: readonly Parameter[];

  /** Whether batches of any length are computed alike. Compiled kernels are not: each is for one length. */
  readonly takesAnyLength: boolean;

  /**
   * Takes over the memory of `encoder`.
   *
   * @param int8 whether its weights, float32 on the CPU, become integers
   */
  constructor(encoder: BertEncoder, config: EncoderConfig, int8: boolean) {
    super();
    this.#config = config;
    const parameters = encoder.layer.flatMap(parametersOf);
    this.takesAnyLength = hasOwnProducts(parameters[0]!, config);
    const scales: Parameter[] = [];
    if (int8) this.#parameters = parameters.map((parameter) => quantised(parameter, scales));
    else this.#parameters = this.takesAnyLength ? parameters.map(packed) : parameters;
    this.#scales = scales;
  }

  /** Whether layers with these settings can be packed. */
  static canPack({ activation }: EncoderConfig): boolean {
    return operatorActivation(activation) !== undefined;
  }

  override *namedParameters(prefix = ""): Generator<[string, Parameter]> {
    const all = [...this.#parameters, ...this.#scales];
    for (const [index, parameter] of all.entries()) yield [`${prefix}${index}`, parameter];
  }

  /** As `BertEncoder.forward`. */
  forward(hidden: Tensor, { cuSeqlens, maxSeqlen, causal = false, outputTokens }: EncoderInput): Tensor[] {
    const { numAttentionHeads, activation, layerNormEps } = this.#config;
    const outputs = native.encoderLayers(
      handleOf(hidden, "hidden"),
      cuSeqlens.handle,
      maxSeqlen,
      this.#parameters.map((parameter) => parameter.handle),
      this.#scales.map((scale) => scale.handle),
      numAttentionHeads,
      operatorActivation(activation)!,
      layerNormEps,
      causal,
      outputTokens?.handle ?? null,
    );
    return outputs.map((output) => new Tensor(output));
  }
}

/** In the order in which the operator takes them. */
function parametersOf({ attention, intermediate, output }: BertLayer): Parameter[] {
  const parts = [
    attention.self.queryKeyValue,
    attention.output.dense,
    attention.output.LayerNorm,
    intermediate.dense,
    output.dense,
    output.LayerNorm,
  ];
  return parts.flatMap(({ weight, bias }) => [weight, bias]);
}

/** Whether the products of packed weights take a model's parameters, and are faster than LibTorch's. */
function hasOwnProducts(
  { dtype, device }: Parameter,
  { hiddenSize, intermediateSize }: EncoderConfig,
): boolean {
  if (device !== "cpu") return false;
  if (dtype === "float32") return true;
  if (dtype !== "bfloat16") return false;
  const fitsPairs = hiddenSize % 2 === 0 && intermediateSize % 2 === 0;
  return fitsPairs && ownBfloat16ProductsAreFastest();
}

/** A weight of a linear layer in the order in which a product reads it; it takes over the memory. Others stay as they are. */
function packed(parameter: Parameter): Parameter {
  if (parameter.shape.length !== 2) return parameter;
  const weight = noGrad(() => native.packWeight_(parameter.handle));
  parameter.dispose();
  return fixedParameter(weight);
}

/** A weight of a linear layer as integers; it takes over the memory. Others stay as they are. @param scales gets theirs */
function quantised(parameter: Parameter, scales: Parameter[]): Parameter {
  if (parameter.shape.length !== 2) return parameter;
  const [weight, scale] = native.quantizeWeight(parameter.handle);
  parameter.dispose();
  scales.push(fixedParameter(scale));
  return fixedParameter(weight);
}

function fixedParameter(handle: TensorHandle): Parameter {
  return new Parameter(new Tensor(handle), { isTrained: false });
}
