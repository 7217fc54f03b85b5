import { crc32 } from "node:zlib";
import { checksumText } from "./checksum.js";

/** A CRC-32 of what a tensor is (name, type and shape) and of its bytes. */
export class TensorChecksum {
  /** As long as any other. */
  static readonly NONE = checksumText(0);

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

  digest(): string {
    return checksumText(this.#value);
  }
}
