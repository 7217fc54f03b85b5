import { closeSync, mkdirSync, openSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32c, masked } from "../files/crc32c.js";
import { writeAll } from "../files/write-all.js";
import { type EventContent, encodeEvent } from "./messages.js";

/** TensorBoard reads the files of a folder in the order of their names: the time, of ten digits, comes first. */
const NAME = /^events\.out\.tfevents\.(\d{10})\./;

/** A new file of events in a run's folder, which follows those that are there. */
export class EventFile implements Disposable {
  readonly #file: number;

  /** @throws what the operating system says where it cannot be made */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const times = readdirSync(folder).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    const time = Math.max(Math.floor(Date.now() / 1000), ...times.map((earlier) => earlier + 1));
    const name = `events.out.tfevents.${String(time).padStart(10, "0")}.${hostname()}.${process.pid}`;
    this.#file = openSync(join(folder, name), "wx");
    this.write("version", 0);
  }

  write(content: EventContent, step: number): void {
    writeAll(this.#file, framed(encodeEvent(content, step, Date.now() / 1000)));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** A record: its length, the length's checksum, its bytes, and their checksum (tensorflow/core/lib/io/record_writer.h). */
export function framed(record: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(8 + 4 + record.length + 4);
  frame.writeBigUInt64LE(BigInt(record.length), 0);
  frame.writeUInt32LE(masked(crc32c(frame.subarray(0, 8))), 8);
  frame.set(record, 12);
  frame.writeUInt32LE(masked(crc32c(record)), 12 + record.length);
  return frame;
}
