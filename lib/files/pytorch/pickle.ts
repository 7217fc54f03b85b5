/**
 * Reads a pickle as data. A pickle is a program for a machine with a stack, in which Python would call what it names; this machine
 * knows the instructions that `torch.save` writes, and calls the few functions that make tensors (`weight-objects.ts`).
 * Instructions: CPython, Lib/pickletools.py.
 */
import type { LibbertError } from "../../errors.js";
import { damaged } from "../read-bytes.js";
import type { ByteSource } from "./byte-source.js";
import { inWords, type PickleValue, PythonName, type Storage } from "./pickle-values.js";
import { refused } from "./refusal.js";
import { called, isKnownName, storageOf } from "./weight-objects.js";

/** More than a pickle of 25,000 tensors takes; what so many make takes some 200 MB of memory at most. */
const MAX_STEPS = 2 ** 20;
/** Of the same, with long names. */
export const MAX_PICKLE_BYTES = 2 ** 26;
const MAX_NAME_BYTES = 256;
/** Python's newest is 5; torch writes 2. */
const MAX_PROTOCOL = 5;

export interface Pickle {
  value: PickleValue;
  /** The storages that it refers to, by their keys. */
  storages: ReadonlyMap<string, Storage>;
}

/** Reads the pickle that begins at the source's next byte, and leaves the source behind it. @throws LibbertError ERR_CHECKPOINT */
export function readPickle(source: ByteSource): Pickle {
  const machine = new Machine(source);
  for (let step = 0; step < MAX_STEPS; step++) {
    const code = source.take(1)[0]!;
    if (code === STOP) return { value: machine.pop(), storages: machine.storages };
    const instruction = INSTRUCTIONS[code];
    if (instruction === undefined) {
      const shown = `0x${code.toString(16).padStart(2, "0")}`;
      throw refused(source.path, `its pickle has the instruction ${shown} at byte ${source.at - 1}`);
    }
    instruction(machine);
  }
  throw refused(source.path, `its pickle has more than ${MAX_STEPS} instructions`);
}

class Machine {
  readonly storages = new Map<string, Storage>();
  readonly #stack: PickleValue[] = [];
  /** How many values were on the stack at each mark. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  /** Of all lists that functions were given: a list of the memo can be given to any number of them. */
  #itemsGiven = 0;

  constructor(readonly source: ByteSource) {}

  checkProtocol(protocol: number): void {
    if (protocol > MAX_PROTOCOL) throw this.error(`is of protocol ${protocol}, which Python does not have`);
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.pop() : undefined;
    if (value === undefined) throw this.error("takes a value where there is none");
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** The values since the last mark. */
  popMark(): PickleValue[] {
    const start = this.#marks.pop();
    if (start === undefined) throw this.error("goes back to a mark that it never set");
    return this.#stack.splice(start);
  }

  remember(key = this.#memo.size): void {
    const value = this.pop();
    this.#memo.set(key, value);
    this.push(value);
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.error(`recalls value ${key}, which it never kept`);
    this.push(value);
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop());
    this.push(items.reverse());
  }

  append(items: readonly PickleValue[]): void {
    const list = this.pop();
    if (!Array.isArray(list)) throw this.error(`appends to ${inWords(list)}`);
    if (Object.isFrozen(list)) throw this.error("appends to the shape of a tensor");
    for (const item of items) list.push(item);
    this.push(list);
  }

  /** @param items keys and values in turn */
  setItems(items: readonly PickleValue[]): void {
    const map = this.pop();
    if (!(map instanceof Map) || items.length % 2 !== 0) throw this.error(`sets an entry of ${inWords(map)}`);
    for (let i = 0; i < items.length; i += 2) map.set(this.#key(items[i]!), items[i + 1]!);
    this.push(map);
  }

  #key(key: PickleValue): string | number {
    if (typeof key === "string" || typeof key === "number") return key;
    throw refused(this.source.path, `a dictionary in it has ${inWords(key)} for a key`);
  }

  /** Python's object of this name, which is none of those that run code. */
  name(module: string, own: string): void {
    const name = `${module}.${own}`;
    if (!isKnownName(name)) throw refused(this.source.path, `its pickle names ${JSON.stringify(name)}`);
    this.push(new PythonName(name));
  }

  stackName(): void {
    const [own, module] = [this.pop(), this.pop()];
    if (typeof own !== "string" || typeof module !== "string")
      throw this.error("names an object by what is no text");
    this.name(module, own);
  }

  call(): void {
    const [args, callee] = [this.pop(), this.pop()];
    if (!(callee instanceof PythonName) || !Array.isArray(args)) throw this.error(`calls ${inWords(callee)}`);
    this.#countItems(args);
    this.push(called(callee.name, args, this.source.path));
  }

  #countItems(args: readonly PickleValue[]): void {
    for (const arg of args) if (Array.isArray(arg)) this.#itemsGiven += arg.length;
    if (this.#itemsGiven > MAX_STEPS)
      throw refused(this.source.path, `its pickle gives functions lists of more than ${MAX_STEPS} items`);
  }

  /** Attributes of an object. A dictionary of weights has `_metadata`, which says what versions of modules wrote them. */
  build(): void {
    const [, object] = [this.pop(), this.pop()];
    if (!(object instanceof Map))
      throw refused(this.source.path, `its pickle sets attributes of ${inWords(object)}`);
    this.push(object);
  }

  persistent(): void {
    const storage = storageOf(this.pop(), this.source.path);
    const { key, numbers, length } = this.storages.get(storage.key) ?? storage;
    if (numbers !== storage.numbers || length !== storage.length)
      throw refused(this.source.path, `its storage ${JSON.stringify(key)} is of two types or lengths`);
    this.storages.set(key, storage);
    this.push(storage);
  }

  text(length: number): string {
    const bytes = this.source.take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.error("has a text that is no UTF-8");
    }
  }

  line(): string {
    return this.source.line(MAX_NAME_BYTES).toString("latin1");
  }

  error(what: string): LibbertError {
    return damaged(this.source.path, `its pickle ${what}, at byte ${this.source.at}`);
  }
}

const STOP = 0x2e;

const u8 = ({ source }: Machine) => source.take(1)[0]!;
const u32 = ({ source }: Machine) => source.take(4).readUInt32LE();

/** What each instruction does, by its code. */
const INSTRUCTIONS: Readonly<Record<number, (machine: Machine) => void>> = {
  // about the pickle itself
  128: (m) => m.checkProtocol(u8(m)), // PROTO
  149: (m) => m.source.take(8), // FRAME: a length, for those who read ahead
  // the stack
  40: (m) => m.mark(), // MARK
  48: (m) => m.pop(), // POP
  49: (m) => m.popMark(), // POP_MARK
  // the memo
  104: (m) => m.recall(u8(m)), // BINGET
  106: (m) => m.recall(u32(m)), // LONG_BINGET
  113: (m) => m.remember(u8(m)), // BINPUT
  114: (m) => m.remember(u32(m)), // LONG_BINPUT
  148: (m) => m.remember(), // MEMOIZE
  // constants
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.source.take(4).readInt32LE()), // BININT
  75: (m) => m.push(u8(m)), // BININT1
  77: (m) => m.push(m.source.take(2).readUInt16LE()), // BININT2
  138: (m) => m.push(integer(m.source.take(u8(m)))), // LONG1
  71: (m) => m.push(m.source.take(8).readDoubleBE()), // BINFLOAT
  88: (m) => m.push(m.text(u32(m))), // BINUNICODE
  140: (m) => m.push(m.text(u8(m))), // SHORT_BINUNICODE
  84: (m) => m.push(m.text(u32(m))), // BINSTRING, of Python 2
  85: (m) => m.push(m.text(u8(m))), // SHORT_BINSTRING, of Python 2
  // tuples, lists and dictionaries
  41: (m) => m.push([]), // EMPTY_TUPLE
  93: (m) => m.push([]), // EMPTY_LIST
  125: (m) => m.push(new Map()), // EMPTY_DICT
  116: (m) => m.push(m.popMark()), // TUPLE
  133: (m) => m.tuple(1), // TUPLE1
  134: (m) => m.tuple(2), // TUPLE2
  135: (m) => m.tuple(3), // TUPLE3
  97: (m) => m.append([m.pop()]), // APPEND
  101: (m) => m.append(m.popMark()), // APPENDS
  115: (m) => m.setItems([m.pop(), m.pop()].reverse()), // SETITEM
  117: (m) => m.setItems(m.popMark()), // SETITEMS
  // objects
  99: (m) => m.name(m.line(), m.line()), // GLOBAL
  147: (m) => m.stackName(), // STACK_GLOBAL
  82: (m) => m.call(), // REDUCE
  98: (m) => m.build(), // BUILD
  81: (m) => m.persistent(), // BINPERSID
};

/** Little-endian, two's complement. */
function integer(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  const digits = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  const value = BigInt.asIntN(8 * bytes.length, digits);
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}
