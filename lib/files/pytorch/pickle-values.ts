import type { DType } from "../dtype.js";

/** What a pickle of weights is made of, once it is read: Python's tuples are lists here. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | PickleMap
  | PythonName
  | Storage
  | TensorView;

/** A dictionary of Python's, ordered or not. */
export type PickleMap = Map<string | number, PickleValue>;

/** A class or function of Python's that weights need, by its full name: `torch._utils._rebuild_tensor_v2`. */
export class PythonName {
  constructor(readonly name: string) {}
}

/** What torch calls a type of numbers. */
export interface NumberType {
  name: string;
  /** Null where libbert does not compute with them. */
  type: DType | null;
  bytes: number;
}

/** Numbers of one type that lie one behind the other in the file. */
export class Storage {
  constructor(
    readonly key: string,
    readonly numbers: NumberType,
    /** How many there are. */
    readonly length: number,
  ) {}
}

/** A tensor: some numbers of a storage. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    /** Its first element in the storage. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** How many elements further the next one lies, in each dimension. */
    readonly strides: readonly number[],
  ) {}
}

/** A value in an error message. */
export function inWords(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof PythonName) return value.name;
  if (value instanceof Storage) return "a storage";
  if (value instanceof TensorView) return "a tensor";
  if (typeof value === "string") return "a text";
  return typeof value === "boolean" ? String(value) : "a number";
}
