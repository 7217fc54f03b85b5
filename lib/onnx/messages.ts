/**
 * The messages of ONNX (onnx.proto), as far as the models written here have them, and how protobuf writes them. The numbers are
 * those of its fields.
 */
import { PbfWriter } from "pbf";
import type { DType } from "../files/dtype.js";

/** An attribute of a node: an integer, several, or a number with a fraction. */
export type Attribute = number | readonly number[] | { float: number };

/** One operation: what it takes and what it makes, by their names. */
export interface NodeMessage {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** What a model takes or makes. A dimension that may have any length has a name. */
export interface ValueMessage {
  name: string;
  type: DType;
  shape: readonly (number | string)[];
}

/** A tensor that the file holds. */
export interface TensorMessage {
  name: string;
  type: DType;
  shape: readonly number[];
}

/** A graph without the tensors that its file holds. */
export interface GraphMessage {
  inputs: readonly ValueMessage[];
  outputs: readonly ValueMessage[];
  nodes: readonly NodeMessage[];
}

/** The newest operators that are needed: LayerNormalization. */
const OPSET = 17;
/** The version of the format that came with that set of operators. */
const IR_VERSION = 8;

/** TensorProto.DataType */
export const TYPE_NUMBER: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;

/** Fields with a length in front. */
const LENGTH_DELIMITED = 2;

/** The beginning of a ModelProto, up to a graph of `graphBytes` bytes, which comes last. */
export function encodeModelStart(graphBytes: number): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(1, IR_VERSION);
  writer.writeStringField(2, "libbert");
  writer.writeMessage(8, writeOpset, OPSET);
  return startField(writer, 7, graphBytes);
}

/** A GraphProto without its tensors, which may follow. */
export function encodeGraph({ inputs, outputs, nodes }: GraphMessage): Uint8Array {
  const writer = new PbfWriter();
  for (const node of nodes) writer.writeMessage(1, writeNode, node);
  writer.writeStringField(2, "libbert");
  for (const input of inputs) writer.writeMessage(11, writeValue, input);
  for (const output of outputs) writer.writeMessage(12, writeValue, output);
  return writer.finish();
}

/** The beginning of a tensor within a GraphProto, up to its `bytes` bytes, which come last. */
export function encodeTensorStart({ name, type, shape }: TensorMessage, bytes: number): Uint8Array {
  const own = new PbfWriter();
  own.writePackedVarint(1, [...shape]);
  own.writeVarintField(2, TYPE_NUMBER[type]);
  own.writeStringField(8, name);
  const start = startField(own, 9, bytes);
  const writer = new PbfWriter();
  const field = startField(writer, 5, start.length + bytes);
  return Buffer.concat([field, start]);
}

function startField(writer: PbfWriter, field: number, length: number): Uint8Array {
  writer.writeTag(field, LENGTH_DELIMITED);
  writer.writeVarint(length);
  return writer.finish();
}

function writeOpset(version: number, writer: PbfWriter): void {
  writer.writeStringField(1, ""); // ONNX's own operators
  writer.writeVarintField(2, version);
}

function writeNode({ op, inputs, outputs, attributes }: NodeMessage, writer: PbfWriter): void {
  for (const input of inputs) writer.writeStringField(1, input);
  for (const output of outputs) writer.writeStringField(2, output);
  writer.writeStringField(3, outputs[0]!);
  writer.writeStringField(4, op);
  for (const attribute of Object.entries(attributes)) writer.writeMessage(5, writeAttribute, attribute);
}

function writeAttribute([name, value]: [string, Attribute], writer: PbfWriter): void {
  writer.writeStringField(1, name);
  if (typeof value === "number") {
    writer.writeVarintField(3, value);
    writer.writeVarintField(20, ATTRIBUTE_TYPE.int);
  } else if ("float" in value) {
    writer.writeFloatField(2, value.float);
    writer.writeVarintField(20, ATTRIBUTE_TYPE.float);
  } else {
    for (const one of value) writer.writeVarintField(8, one);
    writer.writeVarintField(20, ATTRIBUTE_TYPE.ints);
  }
}

function writeValue({ name, type, shape }: ValueMessage, writer: PbfWriter): void {
  writer.writeStringField(1, name);
  writer.writeMessage(2, writeType, { type, shape });
}

function writeType(value: Omit<ValueMessage, "name">, writer: PbfWriter): void {
  writer.writeMessage(1, writeTensorType, value);
}

function writeTensorType({ type, shape }: Omit<ValueMessage, "name">, writer: PbfWriter): void {
  writer.writeVarintField(1, TYPE_NUMBER[type]);
  writer.writeMessage(2, writeShape, shape);
}

function writeShape(shape: ValueMessage["shape"], writer: PbfWriter): void {
  for (const length of shape) writer.writeMessage(1, writeDimension, length);
}

function writeDimension(length: number | string, writer: PbfWriter): void {
  if (typeof length === "number") writer.writeVarintField(1, length);
  else writer.writeStringField(2, length);
}
