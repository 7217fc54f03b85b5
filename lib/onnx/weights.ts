import type { NetworkLayout } from "../checkpoint/load-network.js";
import { LibbertError } from "../errors.js";
import type { DType } from "../files/dtype.js";
import type { TensorToStore } from "../files/safetensors.js";
import { checkpointName } from "../models/families/family.js";
import { noGrad } from "../tensor/autograd.js";
import { empty } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FileTensor } from "./model-file.js";

/** A model's weights, each read when it is written. */
export class ExportWeights {
  readonly #taken = new Set<string>();

  /**
   * @param stored by the names that they would be saved under
   * @param layout what these names mean
   */
  constructor(
    readonly stored: ReadonlyMap<string, TensorToStore>,
    readonly layout: NetworkLayout,
  ) {}

  /** @param name `encoder.…` or `head.…` */
  has(name: string): boolean {
    return this.stored.has(this.#storedName(name));
  }

  shape(name: string): readonly number[] {
    return this.#find(name).shape;
  }

  /**
   * What a file is to hold of a weight.
   *
   * @param name as above
   * @param made its type and shape there, how it is made of the weight in float32, and what its name gets behind it
   */
  tensor(
    name: string,
    made: {
      suffix?: string;
      type: DType;
      shape?: readonly number[];
      of?: (weight: Tensor) => Tensor;
    },
  ): FileTensor {
    this.#taken.add(this.#storedName(name));
    const { suffix = "", type, shape = this.shape(name), of = (weight) => weight } = made;
    const bytes = () =>
      scope(() =>
        noGrad(() =>
          checked(of(this.#read(name)).to(type), name)
            .contiguous()
            .toBytes(),
        ),
      );
    return { name: this.#storedName(name) + suffix, type, shape, bytes };
  }

  /** Names of the stored weights that no tensor was made of. */
  untaken(): string[] {
    return [...this.stored.keys()].filter((name) => !this.#taken.has(name));
  }

  #read(name: string): Tensor {
    const { shape, dtype, bytes } = this.#find(name);
    const read = empty(shape).copyBytes_(bytes(), dtype);
    return checked(read, name);
  }

  #find(name: string): TensorToStore {
    return this.stored.get(this.#storedName(name))!;
  }

  /** An encoder alone has names without their prefix, unless it was trained. */
  #storedName(name: string): string {
    const { family, head } = this.layout;
    const full = checkpointName(family, head, name);
    return this.stored.has(full) ? full : full.replace(family.prefix, "");
  }
}

/** @throws ERR_CHECKPOINT for an infinity or NaN, such as a number that float16 has no place for */
function checked(values: Tensor, name: string): Tensor {
  const isFloat = values.dtype !== "uint8";
  if (!isFloat || values.isFinite().all().item() === 1) return values;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected finite numbers of type ${values.dtype} in the weights but ${name} holds others`,
  );
}
