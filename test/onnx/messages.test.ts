import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { PbfReader } from "pbf";
import { elementSize } from "../../lib/files/dtype.js";
import type { Attribute, GraphMessage } from "../../lib/onnx/messages.js";
import { type FileTensor, type ModelGraph, writeModelFile } from "../../lib/onnx/model-file.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();
const EMPTY: GraphMessage = { inputs: [], outputs: [], nodes: [] };

function written(graph: ModelGraph): Uint8Array {
  const path = join(folder, "model.onnx");
  writeModelFile(path, graph);
  return readFileSync(path);
}

/** The fields of a message, by number: each value as it stands there. */
function fieldsOf(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const reader = new PbfReader(bytes);
  reader.readFields((field, _, { type }) => {
    const value = type === 2 ? reader.readBytes() : type === 5 ? reader.readFloat() : reader.readVarint(true);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }, null);
  return fields;
}

const messages = (fields: ReturnType<typeof fieldsOf>, field: number) =>
  (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
const texts = (fields: ReturnType<typeof fieldsOf>, field: number) =>
  (fields.get(field) ?? []).map((bytes) => Buffer.from(bytes as Uint8Array).toString());

const name = fc.string({ minLength: 1, maxLength: 200 }); // ASCII, as all names of weights are
const tensors = fc.uniqueArray(
  fc.record({
    name,
    type: fc.constantFrom("float32", "float16", "uint8", "int64" as const),
    shape: fc.array(fc.nat(30), { maxLength: 3 }),
  }),
  { selector: (one) => one.name, maxLength: 5 },
);

test("every tensor is in the file under its name, with its shape and its bytes", () => {
  fc.assert(
    fc.property(tensors, (drawn) => {
      const held = drawn.map(({ name, type, shape }, seed): FileTensor => {
        const size = shape.reduce((product, length) => product * length, elementSize(type));
        return {
          name,
          type,
          shape,
          bytes: () => Uint8Array.from({ length: size }, (_, at) => at * 7 + seed),
        };
      });
      const [graph] = messages(fieldsOf(written({ ...EMPTY, tensors: held })), 7);
      const read = messages(graph!, 5).map((tensor) => ({
        name: texts(tensor, 8)[0],
        shape: tensor.has(1) ? new PbfReader(tensor.get(1)![0] as Uint8Array) : null,
        bytes: tensor.get(9)![0],
      }));
      assert.equal(read.length, held.length);
      for (const [index, { name, shape, bytes }] of held.entries()) {
        assert.equal(read[index]!.name, name);
        assert.deepEqual(Buffer.from(read[index]!.bytes as Uint8Array), Buffer.from(bytes()));
        const lengths: number[] = [];
        while (read[index]!.shape && read[index]!.shape.pos < read[index]!.shape.length)
          lengths.push(read[index]!.shape.readVarint());
        assert.deepEqual(lengths, shape);
      }
    }),
    { numRuns: 50 },
  );
});

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.integer(),
  fc.array(fc.integer(), { minLength: 1, maxLength: 4 }),
  fc.float({ noNaN: true }).map((float) => ({ float })),
);

test("every node is in the file with its inputs, its outputs and its attributes", () => {
  const node = fc.record({
    op: name,
    inputs: fc.array(name, { maxLength: 4 }),
    outputs: fc.array(name, { minLength: 1, maxLength: 3 }),
    attributes: fc.dictionary(name, attribute, { maxKeys: 3 }),
  });
  fc.assert(
    fc.property(fc.array(node, { maxLength: 4 }), (nodes) => {
      const [graph] = messages(fieldsOf(written({ ...EMPTY, nodes, tensors: [] })), 7);
      const read = messages(graph!, 1).map((one) => ({
        op: texts(one, 4)[0],
        inputs: texts(one, 1),
        outputs: texts(one, 2),
        attributes: Object.fromEntries(
          messages(one, 5).map((own) => [
            texts(own, 1)[0]!,
            own.get(3)?.[0] ?? own.get(8) ?? { float: own.get(2)![0] },
          ]),
        ),
      }));
      assert.deepEqual(
        read,
        nodes.map((one) => ({ ...one, attributes: { ...one.attributes } })),
      );
    }),
    { numRuns: 50 },
  );
});

test("a graph that no file of protobuf can hold is refused before anything is written", () => {
  const path = join(folder, "large.onnx");
  const tensor: FileTensor = {
    name: "w",
    type: "float32",
    shape: [2 ** 29],
    bytes: () => assert.fail("read"),
  };
  assert.throws(() => writeModelFile(path, { ...EMPTY, tensors: [tensor] }), {
    code: "ERR_OPTION",
    option: "dtype",
    message:
      /at most 2 GiB, which is all that a file of ONNX holds, but received one in which it takes 2\.00 GiB: fp16/,
  });
  assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
});
