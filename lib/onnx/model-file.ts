import { closeSync, openSync } from "node:fs";
import { LibbertError } from "../errors.js";
import { elementSize } from "../files/dtype.js";
import { writeAll } from "../files/write-all.js";
import {
  encodeGraph,
  encodeModelStart,
  encodeTensorStart,
  type GraphMessage,
  type TensorMessage,
} from "./messages.js";

/** A tensor to store; `bytes` is called when its turn comes, so that one tensor at a time is in memory. */
export interface FileTensor extends TensorMessage {
  bytes(): Uint8Array;
}

/** A graph with the tensors that its nodes take. */
export interface ModelGraph extends GraphMessage {
  tensors: readonly FileTensor[];
}

/** Readers of protobuf count the bytes of a message in 31 bits. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Writes a graph as a file of ONNX. protobuf has the length of each message in front of it: all lengths are known before the first
 * tensor is read.
 *
 * @throws ERR_OPTION for a file of more than 2 GiB, before it is written
 */
export function writeModelFile(path: string, { tensors, ...graph }: ModelGraph): void {
  const body = encodeGraph(graph);
  const starts = tensors.map((tensor) => encodeTensorStart(tensor, sizeOf(tensor)));
  const tensorBytes = tensors.reduce((sum, tensor, at) => sum + starts[at]!.length + sizeOf(tensor), 0);
  const modelStart = encodeModelStart(body.length + tensorBytes);
  checkSize(modelStart.length + body.length + tensorBytes);
  const file = openSync(path, "w");
  try {
    writeAll(file, modelStart);
    writeAll(file, body);
    for (const [at, tensor] of tensors.entries()) {
      writeAll(file, starts[at]!);
      writeAll(file, tensor.bytes());
    }
  } finally {
    closeSync(file);
  }
}

function sizeOf({ type, shape }: TensorMessage): number {
  return shape.reduce((product, length) => product * length, elementSize(type));
}

function checkSize(bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  const size = `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  throw new LibbertError(
    "ERR_OPTION",
    `Expected a dtype in which the model takes at most 2 GiB, which is all that a file of ONNX holds, but received one in which it takes ${size}: ` +
      "fp16 halves the weights, q8 quarters them",
    { option: "dtype" },
  );
}
