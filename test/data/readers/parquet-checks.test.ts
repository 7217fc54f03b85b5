import assert from "node:assert/strict";
import { test } from "node:test";
import { parquetSchema } from "hyparquet";
import { checkPages } from "../../../lib/data/readers/parquet/check-pages.js";
import { checkStruct } from "../../../lib/data/readers/parquet/check-struct.js";

/** A number as Thrift's compact protocol has it: zigzag, seven bits a byte. */
function number(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** Fields 1, 2 and 3 of a header of a page: its type and sizes; and field 5, what the page of data has. */
function page(values: number, content: readonly number[], size = content.length): number[] {
  const data = [0x15, ...number(values), 0x15, 0, 0x15, ...number(3), 0x15, ...number(3), 0];
  return [0x15, 0, 0x15, ...number(size), 0x15, ...number(content.length), 0x2c, ...data, 0, ...content];
}

/** Checks the pages of a column of optional integers. */
function check(
  bytes: readonly number[],
  { values, codec = "UNCOMPRESSED" }: { values: number; codec?: "UNCOMPRESSED" | "SNAPPY" },
) {
  const schema = [
    { name: "schema", num_children: 1 },
    { name: "a", type: "INT32" as const, repetition_type: "OPTIONAL" as const },
  ];
  const root = parquetSchema({ schema });
  const column = { codec, num_values: BigInt(values), type: "INT32" };
  const chunk = {
    bytes: Uint8Array.from(bytes).buffer,
    column: column as never,
    schemaPath: [root, root.children[0]!],
  };
  return () => checkPages(chunk);
}

/** Definition levels in one run of ones, with their length before them, and three integers. */
const levels = (run: readonly number[]) => [run.length + 1, 0, 0, 0, ...run, 1];
const INTEGERS = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];

test("sound pages are let through", () => {
  assert.doesNotThrow(check(page(3, [...levels([6]), ...INTEGERS]), { values: 3 }));
});

test("a run that would fill memory is an error before anything is repeated", () => {
  const run = [0xfe, 0xff, 0xff, 0xff, 0x07]; // 2^30 times
  assert.throws(
    check(page(3, [...levels(run), ...INTEGERS]), { values: 3 }),
    /^Error: 1073741823 values of runs, where at most 4099/,
  );
  const packed = [0xff, 0xff, 0xff, 0xff, 0x07]; // 2^30 times eight
  assert.throws(
    check(page(3, [...levels(packed), ...INTEGERS]), { values: 3 }),
    /values of runs, where at most/,
  );
});

test("levels that end too early are an error: what follows them would be read as runs", () => {
  const content = [...levels([4]), 0xfe, 0xff, 0xff, 0xff, 0x07, ...INTEGERS];
  assert.throws(check(page(3, content), { values: 3 }), /^Error: levels of 2 values instead of 3$/);
});

test("pages with more or fewer values than their column, or larger than any sound one, are errors", () => {
  const content = [...levels([6]), ...INTEGERS];
  assert.throws(check(page(3, content), { values: 2 }), /3 values of a page, where at most 2 may be/);
  assert.throws(check(page(3, content), { values: 4 }), /3 values instead of 4/);
  const bomb = { values: 3, codec: "SNAPPY" } as const;
  assert.throws(
    check(page(3, content, 2 ** 30), bomb),
    /1073741824 bytes of a page, where at most 268435456 may be/,
  );
});

test("numbers, lists and depths that no sound struct has are errors at once", () => {
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [bytes, message] of [
    [Buffer.concat([Buffer.of(0x16), Buffer.alloc(2 ** 20, 0x80)]), /a number of more than 10 bytes/],
    [Buffer.of(0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0), /a list of 268435455 elements/],
    [Buffer.alloc(2 ** 16, 0x1c), /a struct more than 32 levels deep/],
    [Buffer.of(0x1b, 0), /a value of type 11/],
    [Buffer.of(0x15, 1), RangeError],
  ] as const)
    assert.throws(() => checkStruct(view(bytes), 0), message);
  assert.doesNotThrow(() => checkStruct(view(Buffer.of(0x11, 0x28, 1, 65, 0x29, 0x15, 2, 0)), 0));
});
