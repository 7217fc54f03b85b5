/** The objects of Python's that pickles of weights are made of, and no others: storages, tensors of them, ordered dictionaries. */
import { productOf } from "../../arrays.js";
import { damaged } from "../read-bytes.js";
import { spanOf } from "../strides.js";
import {
  inWords,
  type NumberType,
  type PickleMap,
  type PickleValue,
  PythonName,
  Storage,
  TensorView,
} from "./pickle-values.js";
import { refused } from "./refusal.js";

const TYPES: readonly NumberType[] = [
  { name: "torch.FloatStorage", type: "float32", bytes: 4 },
  { name: "torch.HalfStorage", type: "float16", bytes: 2 },
  { name: "torch.BFloat16Storage", type: "bfloat16", bytes: 2 },
  { name: "torch.DoubleStorage", type: "float64", bytes: 8 },
  { name: "torch.LongStorage", type: "int64", bytes: 8 },
  { name: "torch.IntStorage", type: "int32", bytes: 4 },
  { name: "torch.ByteStorage", type: "uint8", bytes: 1 },
  { name: "torch.BoolStorage", type: "bool", bytes: 1 },
  { name: "torch.ShortStorage", type: null, bytes: 2 },
  { name: "torch.CharStorage", type: null, bytes: 1 },
  { name: "torch.ComplexFloatStorage", type: null, bytes: 8 },
];

/** As many as torch allows. */
const MAX_DIMENSIONS = 64;

type Function = (args: readonly PickleValue[], path: string) => PickleValue;

const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ["collections.OrderedDict", orderedDictionary],
  ["torch._utils._rebuild_tensor", rebuiltTensor], // before torch 0.4
  ["torch._utils._rebuild_tensor_v2", rebuiltTensor],
  ["torch._utils._rebuild_parameter", rebuiltParameter],
]);

/** Whether a pickle of weights may name this object of Python's. */
export function isKnownName(name: string): boolean {
  return FUNCTIONS.has(name) || TYPES.some((type) => type.name === name);
}

/** What a function that `isKnownName` allows gives. @throws LibbertError ERR_CHECKPOINT */
export function called(name: string, args: readonly PickleValue[], path: string): PickleValue {
  const callee = FUNCTIONS.get(name);
  if (callee === undefined) throw refused(path, `its pickle calls ${name}`);
  return callee(args, path);
}

/** @param args none, or as Python 2 wrote it a list of keys with their values */
function orderedDictionary([pairs = []]: readonly PickleValue[], path: string): PickleMap {
  const map: PickleMap = new Map();
  if (!Array.isArray(pairs)) throw damaged(path, `a dictionary in its pickle is made of ${inWords(pairs)}`);
  for (const pair of pairs) {
    const [key, value] = Array.isArray(pair) ? pair : [];
    if (typeof key !== "string" || value === undefined)
      throw damaged(path, `a dictionary in its pickle has ${inWords(pair)} for an entry`);
    map.set(key, value);
  }
  return map;
}

/** @param args a tensor, and what training needs of it */
function rebuiltParameter([tensor]: readonly PickleValue[], path: string): TensorView {
  if (tensor instanceof TensorView) return tensor;
  throw damaged(path, `a parameter in its pickle is made of ${inWords(tensor)}`);
}

/** @param args storage, first element, shape and strides; what training needs; attributes of the numbers */
function rebuiltTensor(args: readonly PickleValue[], path: string): TensorView {
  const [storage, offset, shape, strides, , , attributes = null] = args;
  if (!(storage instanceof Storage))
    throw damaged(path, `a tensor in its pickle is made of ${inWords(storage)}`);
  if (attributes !== null && !(attributes instanceof Map && attributes.size === 0))
    throw refused(path, "a tensor in it is conjugated or negated when it is read");
  const isPlace = isSize(offset) && isSizes(shape) && isSizes(strides) && shape.length === strides.length;
  if (!isPlace || shape.length > MAX_DIMENSIONS)
    throw damaged(path, "a tensor in its pickle has no place in its storage");
  checkPlace(storage, offset, shape, strides, path);
  // Frozen: the pickle may still hold these lists, and what was checked is not to change.
  return new TensorView(storage, offset, Object.freeze(shape), Object.freeze(strides));
}

function checkPlace(
  storage: Storage,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  path: string,
): void {
  if (shape.includes(0)) return;
  const elements = productOf(shape);
  const what = `a tensor of shape [${shape}] in it`;
  if (offset + spanOf(shape, strides) > storage.length)
    throw damaged(path, `${what} reaches beyond the ${storage.length} numbers of its storage`);
  // A few bytes of a file would fill all memory.
  if (elements > storage.length)
    throw refused(path, `${what} repeats the ${storage.length} numbers of its storage (stride 0)`);
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}

/**
 * The storage that a persistent id names.
 *
 * @param id `("storage", type, key, device, length)`; torch before 1.6 adds what part of another storage it is
 */
export function storageOf(id: PickleValue, path: string): Storage {
  const [kind, type, key, , length, part = null] = Array.isArray(id) ? id : [];
  const numbers = TYPES.find(({ name }) => type instanceof PythonName && type.name === name);
  if (kind !== "storage" || numbers === undefined || typeof key !== "string" || !isSize(length))
    throw damaged(path, `its pickle refers to ${inWords(id)} where a storage is expected`);
  if (part !== null) throw refused(path, "a storage in it is a part of another one, as before torch 0.4");
  return new Storage(key, numbers, length);
}
