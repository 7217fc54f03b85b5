/** Bytes of the longest number, and levels of the deepest struct, that a writer has reason for. */
const LONGEST_NUMBER = 10;
const DEEPEST = 32;

/** Types of Thrift's compact protocol. */
const TYPE = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
};

/**
 * Goes through a struct of Thrift's compact protocol, in which Parquet writes its footer and the headers of pages. A parser
 * that believes every length would take in any number of bytes for one number, or any number of elements for a list.
 *
 * @throws Error for a number, a list or a depth that no sound file has, and for an end that comes too early
 */
export function checkStruct(bytes: DataView, start: number): void {
  structEnd(bytes, start, 0);
}

function structEnd(bytes: DataView, start: number, depth: number): number {
  if (depth > DEEPEST) throw new Error(`a struct more than ${DEEPEST} levels deep`);
  let at = start;
  for (;;) {
    const head = bytes.getUint8(at++);
    const type = head & 0x0f;
    if (type === TYPE.stop) return at;
    if (head >> 4 === 0) at = number(bytes, at).end; // the field's own number, where it is not close to the last one
    const isBoolean = type === TYPE.true || type === TYPE.false; // which has no bytes of its own
    if (!isBoolean) at = valueEnd(bytes, at, type, depth);
  }
}

function valueEnd(bytes: DataView, at: number, type: number, depth: number): number {
  switch (type) {
    case TYPE.true:
    case TYPE.false:
    case TYPE.byte:
      return at + 1;
    case TYPE.i16:
    case TYPE.i32:
    case TYPE.i64:
      return number(bytes, at).end;
    case TYPE.double:
      return at + 8;
    case TYPE.binary: {
      const length = number(bytes, at);
      return length.end + length.value;
    }
    case TYPE.list:
      return listEnd(bytes, at, depth);
    case TYPE.struct:
      return structEnd(bytes, at, depth + 1);
    default:
      throw new Error(`a value of type ${type}`);
  }
}

function listEnd(bytes: DataView, start: number, depth: number): number {
  const head = bytes.getUint8(start);
  const type = head & 0x0f;
  const isShort = head >> 4 < 15;
  const { value: length, end } = isShort ? { value: head >> 4, end: start + 1 } : number(bytes, start + 1);
  if (length > bytes.byteLength - end) throw new Error(`a list of ${length} elements`);
  let at = end;
  for (let index = 0; index < length; index++) at = valueEnd(bytes, at, type, depth);
  return at;
}

/** A number of seven bits a byte, the lowest first. */
function number(bytes: DataView, start: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < LONGEST_NUMBER; index++) {
    const byte = bytes.getUint8(start + index);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  throw new Error(`a number of more than ${LONGEST_NUMBER} bytes`);
}
