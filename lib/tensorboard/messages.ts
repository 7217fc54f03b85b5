/**
 * The messages of TensorFlow's event files (event.proto, summary.proto), as far as they are written here, and how protobuf writes
 * them. The numbers are those of their fields.
 */
import { PbfWriter } from "pbf";
import type { Histogram } from "./histogram.js";

/** A value that TensorBoard shows under a tag. */
export type Summary = { tag: string } & (
  | { scalar: number }
  /** Markdown. */
  | { text: string }
  | { histogram: Histogram }
);

/** What a record of an event file says. */
export type EventContent =
  /** The first record of every file. */
  | "version"
  /** What earlier files have from this step on is no longer so: TensorBoard forgets it. */
  | "session-start"
  | readonly Summary[];

const FILE_VERSION = "brain.Event:2";
/** SessionLog.SessionStatus */
const SESSION_START = 1;
/** DataType */
const STRING_TYPE = 7;
/** DataClass */
const TENSOR_CLASS = 2;

/** @param time in seconds since 1970 */
export function encodeEvent(content: EventContent, step: number, time: number): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(1, time);
  writer.writeVarintField(2, step);
  if (content === "version") writer.writeStringField(3, FILE_VERSION);
  else if (content === "session-start") writer.writeMessage(7, writeSession, SESSION_START);
  else writer.writeMessage(5, writeSummaries, content);
  return writer.finish();
}

function writeSession(status: number, writer: PbfWriter): void {
  writer.writeVarintField(1, status);
}

function writeSummaries(summaries: readonly Summary[], writer: PbfWriter): void {
  for (const summary of summaries) writer.writeMessage(1, writeSummary, summary);
}

function writeSummary(summary: Summary, writer: PbfWriter): void {
  writer.writeStringField(1, summary.tag);
  if ("scalar" in summary) writer.writeFloatField(2, summary.scalar);
  else if ("histogram" in summary) writer.writeMessage(5, writeHistogram, summary.histogram);
  else {
    writer.writeMessage(8, writeText, summary.text);
    writer.writeMessage(9, writeMetadata, "text");
  }
}

function writeHistogram(histogram: Histogram, writer: PbfWriter): void {
  writer.writeDoubleField(1, histogram.min);
  writer.writeDoubleField(2, histogram.max);
  writer.writeDoubleField(3, histogram.count);
  writer.writeDoubleField(4, histogram.sum);
  writer.writeDoubleField(5, histogram.sumOfSquares);
  writer.writePackedDouble(6, [...histogram.limits]);
  writer.writePackedDouble(7, [...histogram.counts]);
}

/** A tensor of one string, without dimensions. */
function writeText(text: string, writer: PbfWriter): void {
  writer.writeVarintField(1, STRING_TYPE);
  writer.writeStringField(8, text);
}

function writeMetadata(plugin: string, writer: PbfWriter): void {
  writer.writeMessage(1, writePlugin, plugin);
  writer.writeVarintField(4, TENSOR_CLASS);
}

function writePlugin(plugin: string, writer: PbfWriter): void {
  writer.writeStringField(1, plugin);
}
