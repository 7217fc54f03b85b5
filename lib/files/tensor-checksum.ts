import { crc32 } from "node:zlib";

/** A CRC-32 of what a tensor is (name, type and shape) and of its bytes: no single flipped bit gives the same. */
export class TensorChecksum {
  /** As long as any other. */
  static readonly NONE = "00000000";

  #value: number;

  /** @param code what safetensors calls the type */
  constructor(name: string, code: string, shape: readonly number[]) {
    this.#value = crc32(`${JSON.stringify(name)} ${code} [${shape}]`);
  }

  /** Goes on with the tensor's next bytes. */
  update(bytes: Uint8Array): this {
    this.#value = crc32(bytes, this.#value);
    return this;
  }

  /** In hexadecimal. */
  digest(): string {
    return this.#value.toString(16).padStart(8, "0");
  }
}
