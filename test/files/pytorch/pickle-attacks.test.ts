import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PytorchReader } from "../../../lib/files/pytorch/pytorch-reader.js";
import * as p from "../../support/pickles.js";
import { processorClock } from "../../support/processor-time.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

/** Asserts that the reader refuses a file at once with one sentence that names it, in whichever format it is. */
function assertRefused(object: Uint8Array, message: RegExp, storages: Record<string, Uint8Array> = {}): void {
  const path = join(temporaryDirectory(), "pytorch_model.bin");
  const data = Object.values(storages).map((bytes) => p.bytesOf(p.u32(bytes.length / 4), p.u32(0), bytes));
  for (const content of [
    p.zipFile(object, storages),
    Buffer.from(object).includes("storage")
      ? p.legacyFile(object, Object.keys(storages), p.bytesOf(...data))
      : p.legacyFile(object),
  ]) {
    writeFileSync(path, content);
    const seconds = processorClock();
    assert.throws(
      () => new PytorchReader(path)[Symbol.dispose](),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_CHECKPOINT", error.stack);
        assert.ok(error.message.includes(path) && !error.message.includes("\n"), error.message);
        assert.match(error.message, message);
        return true;
      },
    );
    assert.ok(seconds() < 5);
  }
}

const ONE = p.storage("0", 2);
/** A tensor whose shape and strides are lists that the memo keeps, as 5 and 6. */
const REMEMBERED = p.bytesOf(
  "ctorch._utils\n_rebuild_tensor_v2\n",
  p.tuple(ONE, p.int(0), p.bytesOf("]q\x05K\x01a"), p.bytesOf("]q\x06K\x00a"), p.bytesOf(0x89, "}")),
  "R",
);
const TWO_NUMBERS = { 0: new Uint8Array(8) };
const repeated = (part: Uint8Array, count: number) => Buffer.alloc(part.length * count, part);

const PROGRAMS: readonly [what: string, object: Uint8Array, message: RegExp][] = [
  [
    "a call of os.system",
    p.pickle("cos\nsystem\n", p.tuple(p.text("true")), "R"),
    /its pickle names "os\.system"/,
  ],
  ["a call of eval", p.pickle("cbuiltins\neval\n", p.tuple(p.text("1")), "R"), /names "builtins\.eval"/],
  ["a name within an allowed module", p.pickle("ctorch\nload\n."), /names "torch\.load"/],
  [
    "an attribute of an allowed name",
    p.pickle("ccollections\nOrderedDict.__init__\n"),
    /"collections\.OrderedDict\.__init__"/,
  ],
  ["a name from the stack", p.pickle(p.text("os"), p.text("system"), 0x93), /names "os\.system"/],
  ["a name from the stack that is none", p.pickle("]]", 0x93), /names an object by what is no text/],
  [
    "a name split otherwise",
    p.pickle("ctorch._utils._rebuild\ntensor_v2\n"),
    /"torch\._utils\._rebuild\.tensor_v2"/,
  ],
  [
    "a name with line breaks for a terminal",
    p.pickle(p.text("o\u001b[2J"), p.text("s\n"), 0x93),
    /"o\\u001b\[2J\.s\\n"/,
  ],
  [
    "an object that is made without a call",
    p.pickle("ccollections\nOrderedDict\n)", 0x81),
    /instruction 0x81/,
  ],
  ["an object of the oldest protocol", p.pickle("(ios\nsystem\n"), /instruction 0x69/],
  ["a name by a number", p.pickle(0x82, 1), /instruction 0x82/],
  ["attributes of a list", p.pickle("]}b"), /sets attributes of a list/],
  ["a call of a dictionary", p.pickle("}(tR"), /calls a dictionary/],
  ["a call of a type of storage", p.pickle("ctorch\nFloatStorage\n(tR"), /calls torch\.FloatStorage/],
  ["a call without arguments", p.pickle("ccollections\nOrderedDict\nNR"), /calls collections\.OrderedDict/],
];

const SHAPES: readonly [what: string, object: Uint8Array, message: RegExp][] = [
  ["a number alone", p.pickle("K\x01"), /it holds a number/],
  ["a module", p.dictionary({ w: p.bytesOf("N") }), /"w" in it is None/],
  [
    "a checkpoint of a training",
    p.dictionary({ epoch: p.int(3), state_dict: p.bytesOf("}") }),
    /"epoch" in it is a number/,
  ],
  ["a number for a name", p.pickle("}", p.int(7), p.tensor(ONE), "s"), /7 in it is a tensor/],
  ["a tuple for a name", p.pickle("}", ")", p.tensor(ONE), "s"), /a dictionary in it has a list for a key/],
  [
    "a tensor beyond its storage",
    p.dictionary({ w: p.tensor(ONE, { offset: 1 }) }),
    /shape \[2\] in it reaches beyond the 2 numbers/,
  ],
  [
    "strides beyond its storage",
    p.dictionary({ w: p.tensor(ONE, { strides: [2] }) }),
    /reaches beyond the 2 numbers/,
  ],
  [
    "a huge shape",
    p.dictionary({ w: p.tensor(ONE, { shape: [2 ** 31 - 1, 2 ** 31 - 1], strides: [0, 0] }) }),
    /repeats the 2 numbers/,
  ],
  ["a negative size", p.dictionary({ w: p.tensor(ONE, { shape: [-2] }) }), /has no place in its storage/],
  ["a negative stride", p.dictionary({ w: p.tensor(ONE, { strides: [-1] }) }), /has no place in its storage/],
  [
    "a negative first element",
    p.dictionary({ w: p.tensor(ONE, { offset: -1 }) }),
    /has no place in its storage/,
  ],
  [
    "more strides than sizes",
    p.dictionary({ w: p.tensor(ONE, { strides: [1, 1] }) }),
    /has no place in its storage/,
  ],
  [
    "a shape that grows after it was checked",
    p.pickle("}", p.text("w"), REMEMBERED, "h\x05", p.int(2 ** 31 - 1), "a0h\x06K\x00a0s"),
    /appends to the shape of a tensor/,
  ],
  [
    "a tensor of a text",
    p.dictionary({ w: p.tensor(p.text("x")) }),
    /a tensor in its pickle is made of a text/,
  ],
  [
    "65 dimensions",
    p.dictionary({ w: p.tensor(ONE, { shape: Array(65).fill(1), strides: Array(65).fill(1) }) }),
    /no place/,
  ],
  [
    "a negative length",
    p.dictionary({ w: p.tensor(p.storage("0", -2)) }),
    /refers to a list where a storage is expected/,
  ],
  ["a storage of an unknown type", p.pickle("ctorch\nQInt8Storage\n"), /names "torch\.QInt8Storage"/],
  [
    "a storage of two types",
    p.pickle("(", ONE, p.storage("0", 2, "LongStorage")),
    /its storage "0" is of two types or lengths/,
  ],
  ["a storage that is a text", p.pickle(p.text("0"), "Q"), /refers to a text where a storage is expected/],
];

const BOMBS: readonly [what: string, object: Uint8Array, message: RegExp][] = [
  [
    "half a million lists in lists",
    p.pickle(repeated(p.bytesOf("]"), 5e5), repeated(p.bytesOf("a"), 5e5 - 1)),
    /it holds a list/,
  ],
  [
    "lists that double thirty times",
    p.pickle("]q\x00", repeated(p.bytesOf("](h\x00h\x00eq\x00"), 30)),
    /it holds a list/,
  ],
  ["a list in itself", p.pickle("]q\x00h\x00a"), /it holds a list/],
  ["a dictionary in itself", p.pickle("}q\x00", p.text("w"), "h\x00s"), /"w" in it is a dictionary/],
  [
    "a dictionary of 20,000 entries that is made a hundred times",
    p.pickle(
      ...["ccollections\nOrderedDict\nq\x00", p.text("k"), "N\x86q\x01"],
      ...["](", repeated(p.bytesOf("h\x01"), 2e4), "e\x85q\x03", repeated(p.bytesOf("h\x00h\x03R0"), 100)],
    ),
    /gives functions lists of more than 1048576 items/,
  ],
  ["two million instructions", p.pickle(repeated(p.bytesOf("N0"), 1e6)), /more than 1048576 instructions/],
  [
    "a memo of the highest keys",
    p.pickle("Nr", p.u32(0xffffffff), "j", p.u32(0xfffffffe)),
    /recalls value 4294967294/,
  ],
  ["a text longer than the file", p.pickle("X", p.u32(0xffffffff)), /its pickle goes on behind byte/],
  ["an integer of two gigabytes", p.pickle(0x8b, p.u32(2 ** 31 - 1)), /instruction 0x8b/],
  ["a name without end", p.pickle("c", "x".repeat(1000)), /a line of more than 256 bytes/],
  ["no end", p.bytesOf(0x80, 2, "N"), /goes on behind byte|holds None|has no|key|instruction/],
];

const STACKS: readonly [what: string, object: Uint8Array, message: RegExp][] = [
  ["nothing", p.pickle(), /takes a value where there is none/],
  ["a value below a mark", p.pickle("N(0"), /takes a value where there is none/],
  ["a mark that was never set", p.pickle("t"), /goes back to a mark that it never set/],
  ["an entry of a list", p.pickle("]NNs"), /sets an entry of a list/],
  ["half of an entry", p.pickle("}(Nu"), /sets an entry of a dictionary/],
  ["an append to a dictionary", p.pickle("}Na"), /appends to a dictionary/],
  ["a text that is no UTF-8", p.pickle("X", p.u32(1), 0xff), /a text that is no UTF-8/],
  ["protocol 6", p.bytesOf(0x80, 6, "N."), /protocol 6/],
  [
    "a dictionary of numbers",
    p.pickle("ccollections\nOrderedDict\n(K\x01tR"),
    /a dictionary in its pickle is made of a number/,
  ],
  ["a dictionary of lists", p.pickle("ccollections\nOrderedDict\n(](]etR"), /has a list for an entry/],
];

for (const [what, object, message] of [...PROGRAMS, ...SHAPES, ...BOMBS, ...STACKS])
  test(`a pickle with ${what} is refused, and nothing is run`, () =>
    assertRefused(object, message, TWO_NUMBERS));

test("a conjugated view, and a part of a storage, are refused by name", () => {
  const bits = p.bytesOf("}", p.text("conj"), 0x88, "s");
  const args = p.tuple(
    ONE,
    p.int(0),
    p.tuple(p.int(2)),
    p.tuple(p.int(1)),
    p.bytesOf(0x89),
    p.bytesOf("}"),
    bits,
  );
  assertRefused(
    p.dictionary({ w: p.bytesOf("ctorch._utils\n_rebuild_tensor_v2\n", args, "R") }),
    /conjugated or negated/,
    TWO_NUMBERS,
  );
  const part = p.tuple(p.text("1"), p.int(0), p.int(2));
  const id = p.tuple(
    p.text("storage"),
    p.bytesOf("ctorch\nFloatStorage\n"),
    p.text("0"),
    p.text("cpu"),
    p.int(2),
    part,
  );
  assertRefused(p.dictionary({ w: p.tensor(p.bytesOf(id, "Q")) }), /a part of another one/, TWO_NUMBERS);
});

test("what torch writes beside tensors changes nothing: attributes of the dictionary, parameters, texts of Python 2", () => {
  const path = join(temporaryDirectory(), "pytorch_model.bin");
  const parameter = p.bytesOf(
    "ctorch._utils\n_rebuild_parameter\n",
    p.tuple(p.tensor(ONE), p.bytesOf(0x88), p.bytesOf("}")),
    "R",
  );
  const attributes = p.bytesOf(
    "}",
    p.text("_metadata"),
    "}",
    p.text(""),
    "}",
    p.text("version"),
    "K\x01sssb",
  );
  const items = p.bytesOf("(U\x01w", parameter, "u");
  writeFileSync(path, p.zipFile(p.pickle("ccollections\nOrderedDict\n)R", items, attributes), TWO_NUMBERS));
  using reader = new PytorchReader(path);
  assert.deepEqual([...reader.tensors.keys()], ["w"]);
  assert.equal(reader.read("w").length, 8);
});
