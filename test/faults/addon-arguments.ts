/** Arguments for the ops of the addon: right, wrong and absurd ones. */
import { native } from "../../lib/tensor/native.js";
import type { TensorHandle } from "../../lib/tensor/native-ops.js";

const STORE = native.openStore("127.0.0.1", 0, true, "faults", 1, 0.01);

/** An argument, made anew for each call. */
export class Drawn {
  constructor(
    readonly text: string,
    readonly make: () => unknown,
  ) {}

  toString(): string {
    return this.text;
  }
}

const drawn = (text: string, make: () => unknown) => new Drawn(text, make);
const constants = (...values: unknown[]) => values.map((value) => drawn(shown(value), () => value));

function shown(value: unknown): string {
  if (typeof value === "function") return `function ${value}`;
  if (Array.isArray(value)) return value.length > 100 ? "a very long array" : `[${value.map(shown)}]`;
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return typeof value === "string" ? JSON.stringify(value) : Object.is(value, -0) ? "-0" : String(value);
}

/** What a getter of an argument, or a hook, throws: it comes back as it is. */
export const THROWN = new Error("thrown by JavaScript that an op runs");
function throwing(): never {
  throw THROWN;
}

export const nothingSuits = [
  ...constants(undefined, null, Symbol("s"), 1n, "", "é".repeat(10_000), true, NaN, {}, [], [null], throwing),
  drawn("an object without a prototype", () => Object.create(null)),
  drawn("a proxy", () => new Proxy([1, 2], {})),
  drawn("a date", () => new Date(NaN)),
  drawn("a store", () => STORE),
  drawn("an object that throws when it is read", () => ({ valueOf: throwing, toString: throwing })),
];

export function handleOf(
  shape: readonly number[],
  dtype: "float32" | "float64" | "bfloat16" | "int64" | "int32" | "bool",
) {
  return native.full(shape, 1, dtype, "cpu");
}

export function leaf(shape: readonly number[]): TensorHandle {
  const handle = handleOf(shape, "float32");
  native.setRequiresGrad(handle, true);
  return handle;
}

function disposed(): TensorHandle {
  const handle = handleOf([2], "float32");
  native.dispose([handle]);
  return handle;
}

const SHAPES = [[], [0], [3], [2, 3], [3, 2], [8, 18], [2, 3, 0], [4, 4], Array(70).fill(1)];
const tensors = [
  ...SHAPES.map((shape) => drawn(`float32[${shape}]`, () => handleOf(shape, "float32"))),
  ...[[3], [8, 18], [2, 3]].map((shape) => drawn(`leaf[${shape}]`, () => leaf(shape))),
  ...(["int64", "int32", "bool", "bfloat16", "float64"] as const).flatMap((dtype) =>
    [[3], [2, 3]].map((shape) => drawn(`${dtype}[${shape}]`, () => handleOf(shape, dtype))),
  ),
  drawn("offsets", () => native.fromBytes(Int32Array.of(0, 3, 8), [3], "int32", "cpu")),
  drawn("wild int64", () =>
    native.fromBytes(BigInt64Array.of(-(2n ** 63n), 2n ** 62n, 7n), [3], "int64", "cpu"),
  ),
  drawn("a transposed view", () => native.transpose(handleOf([3, 2], "float32"), 0, 1)),
  drawn("a result", () => native.mul(leaf([2, 3]), 2)),
  drawn("disposed", disposed),
];

const numbers = constants(
  ...[
    0,
    1,
    -1,
    2,
    3,
    0.5,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    2 ** 32 + 1,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 + 2,
  ],
  ...[1e300, -1e300, 5e-324],
);
/** Without those that ask for a few gigabytes, which a machine may have. */
const sizes = constants(0, 1, -1, 2, 3, 0.5, NaN, -Infinity, 2 ** 53, -(2 ** 53), 1e300);

const strings = constants(
  "mean",
  "sum",
  "none",
  "tanh",
  "ij,jk->ik",
  "i->",
  "...",
  "->",
  "\0",
  "\ud800",
  "{}%s",
);
const dtypes = constants(
  "float32",
  "bfloat16",
  "float16",
  "float64",
  "int64",
  "int32",
  "uint8",
  "bool",
  "int33",
);
const devices = constants(
  "cpu",
  "cpu:0",
  "cuda",
  "cuda:0",
  "cuda:999999999999",
  "meta",
  "mps",
  "cuda:-1",
  ":",
);

interface ResizableBuffer extends ArrayBuffer {
  resize(size: number): void;
}

/** TypeScript's library has no resizable buffers yet. */
function newResizable(size: number): ResizableBuffer {
  const Constructor = ArrayBuffer as unknown as new (
    size: number,
    options: { maxByteLength: number },
  ) => ResizableBuffer;
  return new Constructor(size, { maxByteLength: size });
}

/** Shrinks a buffer while the arguments after it are read. */
let resizable: ResizableBuffer | undefined;
const shrinking = drawn("an array whose getter shrinks the buffer", () => {
  const get = () => {
    resizable?.resize(0);
    return 6;
  };
  return Object.defineProperty([6], 0, { get });
});
const growing = drawn("an array whose getter makes it longer", () => {
  const array: number[] = [0];
  Object.defineProperty(array, 0, { get: () => array.push(1) });
  return array;
});
const throwingArray = drawn("an array whose getter throws", () => {
  return Object.defineProperty([2, 3], 1, { get: throwing });
});

const numberArrays = [
  ...constants(
    [],
    [6],
    [2, 3],
    [0],
    [-1],
    [1, 0],
    [0, 1, 2],
    [2 ** 53, -1, -1],
    [2 ** 53, 2 ** 53],
    [-2, -3],
  ),
  ...constants(
    [2 ** 32, 2 ** 32],
    [NaN],
    [0.5],
    ["2"],
    [[2]],
    Array(70).fill(1),
    new Array(3),
    new Array(2 ** 32 - 1),
  ),
  shrinking,
  growing,
  throwingArray,
];

const views = [
  drawn("float32 x 6", () => new Float32Array(6)),
  drawn("empty", () => new Uint8Array(0)),
  drawn("shared", () => new Float32Array(new SharedArrayBuffer(24))),
  drawn("a view from byte 4", () => new Float32Array(new ArrayBuffer(28), 4)),
  drawn("a data view", () => new DataView(new ArrayBuffer(24))),
  drawn("a buffer alone", () => new ArrayBuffer(24)),
  drawn("detached", () => {
    const array = new Float32Array(6);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  }),
  drawn("resizable", () => {
    resizable = newResizable(24);
    return new Float32Array(resizable);
  }),
  drawn("out of a buffer that shrank", () => {
    const buffer = newResizable(24);
    const array = new Float32Array(buffer, 8, 4);
    buffer.resize(8);
    return array;
  }),
];

const hooks = constants(
  () => null,
  (gradient: unknown) => gradient,
  () => 5,
  throwing,
);

/** What suits a parameter of a TypeScript type, rightly or nearly. */
function suitable(type: string, parameter: string): Drawn[] {
  if (parameter === "device") return devices;
  if (type === "TensorHandle") return tensors;
  if (type === "TensorHandle | null") return [...tensors, ...constants(null)];
  if (type === "TensorHandle | number") return [...tensors, ...numbers];
  if (type === "readonly TensorHandle[]") {
    const lists = tensors.map((one) => drawn(`[${one}, ${one}]`, () => [one.make(), one.make()]));
    return [...lists, ...constants([])];
  }
  if (type === "number") return numbers;
  if (type === "boolean") return constants(true, false);
  if (type === "string") return strings;
  if (type === "DType") return dtypes;
  if (type === "readonly number[]") return numberArrays;
  if (type === "ArrayBufferView") return views;
  if (type.startsWith("(gradient")) return hooks;
  return []; // handles of the processes of a run: whatever is drawn is wrong
}

const badSeconds = constants(-1, NaN, Infinity, 1e300);

/** Where a right argument would wait for others, or change what this test stands on. */
const only: Record<string, Drawn[]> = {
  "openStore connectSeconds": badSeconds,
  "limitStore seconds": badSeconds,
  "joinGroup timeoutSeconds": badSeconds,
  "startHeartbeat key": constants(undefined, 5),
  "setNumThreads count": constants(0, 1, 2, -1, 2 ** 32 + 1, 2 ** 31, 2 ** 53, 1025),
  "setErrorClass errorClass": constants(undefined, null, 5, {}),
  "oneHot classes": sizes,
  "arange start": sizes,
  "arange end": sizes,
  "arange step": constants(0, 1, -1, NaN, 5e-324),
};

/** What suits a parameter of an op, rightly or nearly; nothing where whatever is drawn is wrong. */
export function argumentsFor(op: string, { name, type }: { name: string; type: string }): Drawn[] {
  return only[`${op} ${name}`] ?? suitable(type, name);
}
