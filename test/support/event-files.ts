/** What lies in TensorBoard's event files, as far as tests look at it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PbfReader } from "pbf";
import { crc32c, masked } from "../../lib/files/crc32c.js";

/** A record of an event file. */
export interface ReadEvent {
  step: number;
  version?: string;
  /** Whether it begins a session: what earlier files have from its step on counts no more. */
  isStart: boolean;
  /** Of a summary's scalars, by tag. */
  scalars: Record<string, number>;
  /** The tags of what else is in the summary. */
  others: string[];
}

/** The records of a file, whose lengths and checksums are right. */
export function recordsIn(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    assert.equal(bytes.readUInt32LE(at + 8), masked(crc32c(bytes.subarray(at, at + 8))));
    const record = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(bytes.readUInt32LE(at + 12 + length), masked(crc32c(record)));
    records.push(record);
    at += 16 + length;
  }
  return records;
}

/** The events of each file in a run's folder, the oldest first. */
export function eventFilesIn(folder: string): ReadEvent[][] {
  const names = readdirSync(folder).filter((name) => name.startsWith("events.out.tfevents."));
  return names.sort().map((name) => recordsIn(readFileSync(join(folder, name))).map(eventOf));
}

function eventOf(record: Buffer): ReadEvent {
  const event: ReadEvent = { step: 0, isStart: false, scalars: {}, others: [] };
  return new PbfReader(record).readFields((tag, read, pbf) => {
    if (tag === 2) read.step = pbf.readVarint();
    else if (tag === 3) read.version = pbf.readString();
    else if (tag === 5) pbf.readMessage(readSummary, read);
    else if (tag === 7) read.isStart = true;
  }, event);
}

function readSummary(tag: number, event: ReadEvent, pbf: PbfReader): void {
  if (tag !== 1) return;
  const value = pbf.readMessage(
    (field, read: { tag: string; scalar?: number }, inner) => {
      if (field === 1) read.tag = inner.readString();
      else if (field === 2) read.scalar = inner.readFloat();
    },
    { tag: "" },
  );
  if (value.scalar === undefined) event.others.push(value.tag);
  else event.scalars[value.tag] = value.scalar;
}
