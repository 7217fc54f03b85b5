/**
 * The JSON header of a safetensors file, read as strictly as the reference reader (huggingface/safetensors, in Rust) reads it:
 * sizes are whole numbers in digits, and what may be there once is not there twice.
 */
import { jsonProblem } from "../errors.js";
import { isObject } from "../is-object.js";

/** A tensor as the header describes it, with its bytes counted from the start of the data. */
export interface HeaderEntry {
  dtype: string;
  shape: readonly number[];
  start: number;
  end: number;
}

export interface ParsedHeader {
  entries: ReadonlyMap<string, HeaderEntry>;
  metadata: Readonly<Record<string, string>>;
}

/** Throws an error about the file, for the reason given. */
export type Fail = (why: string) => never;

const METADATA = "__metadata__";

export function parseHeader(bytes: Uint8Array, fail: Fail): ParsedHeader {
  const text = decoded(bytes, fail);
  const json = parsed(text, fail);
  if (!isObject(json)) return fail("its header does not describe tensors");
  checkTokens(text, fail);
  const entries = new Map<string, HeaderEntry>();
  for (const [name, entry] of Object.entries(json))
    if (name !== METADATA) entries.set(name, entryOf(name, entry, fail));
  return { entries, metadata: metadataOf(json[METADATA], fail) };
}

function decoded(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    return fail(`its header is no JSON (${(error as Error).message})`);
  }
}

function parsed(text: string, fail: Fail): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(`its header is no JSON (${jsonProblem(error)})`);
  }
}

function entryOf(name: string, entry: unknown, fail: Fail): HeaderEntry {
  // The reference reader takes a list of the three fields, too.
  const [dtype, shape, offsets] = Array.isArray(entry)
    ? entry
    : isObject(entry)
      ? [entry.dtype, entry.shape, entry.data_offsets]
      : fail(`its header does not describe tensors (${name}: it is none)`);
  if (typeof dtype !== "string") return fail(`its header does not describe tensors (${name}.dtype)`);
  if (!isSizes(shape)) return fail(`its header does not describe tensors (${name}.shape)`);
  if (!isSizes(offsets) || offsets.length !== 2)
    return fail(`its header does not describe tensors (${name}.data_offsets)`);
  return { dtype, shape, start: offsets[0]!, end: offsets[1]! };
}

function metadataOf(metadata: unknown, fail: Fail): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  if (!isObject(metadata)) return fail(`its header does not describe tensors (${METADATA})`);
  for (const [field, value] of Object.entries(metadata))
    if (typeof value !== "string") return fail(`its header does not describe tensors (${METADATA}.${field})`);
  return metadata as Record<string, string>;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0);
}

/** As deep as the reference reader goes. */
const MAX_DEPTH = 127;
const OF_A_TENSOR = new Set(["dtype", "shape", "data_offsets"]);
const SIZES = new Set(["shape", "data_offsets"]);
const LONE_SURROGATE = /\p{Cs}/u;

/** What `JSON.parse` passes over: fields that are there twice, `8.0` and `8e0` for a size, and half of a UTF-16 pair. */
function checkTokens(text: string, fail: Fail): void {
  const open: Set<string>[] = []; // the fields so far of each object around; none of a list
  let field = "";
  let last = "";
  for (const token of tokensOf(text)) {
    if (token === "{" || token === "[") {
      if (open.push(new Set()) > MAX_DEPTH) fail("its header is nested too deeply");
    } else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      field = JSON.parse(last) as string;
      const twice = open.length === 1 ? field === METADATA : open.length === 2 && OF_A_TENSOR.has(field);
      if (twice && open.at(-1)!.has(field)) fail(`its header has the field ${field} twice`);
      if (twice) open.at(-1)!.add(field);
      if (LONE_SURROGATE.test(field)) fail(`its header is no JSON (${last} is no text)`);
    } else if (!token.startsWith('"') && open.length === 3 && SIZES.has(field) && !/^\d+$/.test(token))
      fail(`its header does not describe tensors (${field}: ${token} is no whole number in digits)`);
    last = token;
  }
}

/** The strings, brackets and colons of a JSON text, and whatever else stands between them, in turn. */
function* tokensOf(json: string): Generator<string> {
  for (let start = 0; start < json.length; ) {
    const end = endOfToken(json, start);
    const token = json.slice(start, end).trim();
    if (token !== "" && token !== ",") yield token;
    start = end;
  }
}

const MARKS = '"{}[]:,';

function endOfToken(json: string, start: number): number {
  let end = start + 1;
  if (json[start] === '"') {
    while (json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
    return end + 1;
  }
  if (MARKS.includes(json[start]!)) return end;
  while (end < json.length && !MARKS.includes(json[end]!)) end++;
  return end;
}
