import { LibbertError } from "../../errors.js";
import { elementSize } from "../../files/dtype.js";
import { toRowMajor } from "../../files/strides.js";
import { type TensorFile, type TensorInFile, type Visit, visitSlices } from "../../files/tensor-file.js";
import { BundleReader } from "../../files/tensorflow/bundle-reader.js";
import { isKernel, transformersName } from "./bert-names.js";

/** A tensor, and the variable that it is in the checkpoint. */
interface BertVariable extends TensorInFile {
  variable: string;
  isKernel: boolean;
}

/** A checkpoint of BERT's own code as transformers would have it: other names, matrices transposed, and nothing of the training. */
export class BertVariables implements TensorFile {
  readonly tensors: ReadonlyMap<string, BertVariable>;
  readonly #bundle: BundleReader;

  /** @param path of the index @throws LibbertError ERR_CHECKPOINT for a checkpoint that is damaged, or of newer code */
  constructor(readonly path: string) {
    this.#bundle = new BundleReader(path);
    try {
      this.tensors = bertTensors(this.#bundle);
    } catch (error) {
      this.#bundle[Symbol.dispose]();
      throw error;
    }
  }

  read(name: string): Uint8Array {
    const { variable, isKernel, shape, dtype } = this.tensors.get(name)!;
    const bytes = this.#bundle.read(variable);
    return isKernel ? toRowMajor(bytes, elementSize(dtype!), shape, [1, shape[0]!]) : bytes;
  }

  /** A matrix that is transposed is in memory as a whole meanwhile. */
  readSlices(name: string, buffer: Uint8Array, visit: Visit): void {
    const { variable, isKernel } = this.tensors.get(name)!;
    if (isKernel) visitSlices(this.read(name), buffer, visit);
    else this.#bundle.readSlices(variable, buffer, visit);
  }

  [Symbol.dispose](): void {
    this.#bundle[Symbol.dispose]();
  }
}

/** How a checkpoint of objects, as TensorFlow 2 saves it, calls its variables. */
const OF_OBJECTS = /\.ATTRIBUTES\/VARIABLE_VALUE$|^_CHECKPOINTABLE_OBJECT_GRAPH$/;

function bertTensors({ tensors, path }: BundleReader): Map<string, BertVariable> {
  const result = new Map<string, BertVariable>();
  for (const [variable, { dtype, code, shape }] of tensors) {
    if (OF_OBJECTS.test(variable)) throw ofObjects(path, variable);
    const name = transformersName(variable);
    if (name === null) continue;
    if (result.has(name))
      throw new LibbertError("ERR_CHECKPOINT", `${path}: two of its variables are ${name}`);
    const transposed = isKernel(variable) && shape.length === 2 && dtype !== null;
    const ownShape = transposed ? shape.toReversed() : shape;
    result.set(name, { dtype, code, shape: ownShape, variable, isKernel: transposed });
  }
  return result;
}

function ofObjects(path: string, variable: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected a checkpoint of google-research/bert (TensorFlow 1) at ${path} but its variable ${JSON.stringify(variable)} is one of ` +
      "TensorFlow 2: take the safetensors or pytorch_model.bin of the same model",
  );
}
