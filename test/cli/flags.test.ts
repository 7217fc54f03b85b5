import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { namingFlags } from "../../lib/cli/flags/errors.js";
import { flagsOf } from "../../lib/cli/flags/flags.js";
import { mergedShape } from "../../lib/cli/flags/merged-options.js";
import { LibbertError } from "../../lib/errors.js";
import { onProgressOption, signalOption } from "../../lib/options/call-options.js";
import { optionMeta } from "../../lib/options/option.js";
import { rowsOption } from "../../lib/options/row-options.js";

const schema = z.strictObject({
  train: rowsOption("rows"),
  learningRate: z.number().default(0.5).describe("how fast"),
  wait: z.number().optional().describe("how long").register(optionMeta, { unit: "seconds" }),
  labels: z.array(z.string()).optional().describe("names"),
  overwrite: z.boolean().default(false).describe("replace files"),
  columns: z.strictObject({ textPair: z.string().optional().describe("a column") }).optional(),
  phases: z.array(z.strictObject({ steps: z.int() })).optional(),
  grid: z.record(z.string(), z.array(z.unknown())).optional(),
  source: z.custom<URL>().describe("where from").register(optionMeta, { typeName: "URL", isPath: true }),
  signal: signalOption,
  onProgress: onProgressOption("Event"),
});
const flags = flagsOf(schema);

test("a schema's flags are its options but custom types other than rows, lists of objects and records", () => {
  assert.deepEqual(
    flags.map(({ option }) => option.flags),
    [
      "--train <file...>",
      "--learning-rate <number>",
      "--wait <seconds>",
      "--labels <a,b,...>",
      "--overwrite",
      "--text-pair-column <column>",
    ],
  );
  assert.deepEqual(
    flags.map(({ missing }) => missing).filter((message) => message !== undefined),
    ["Expected --train <file...>: rows"],
  );
});

test("a default in words is in the flag's meaning, without the backticks of Markdown", () => {
  const field = z.int().optional().describe("of `a`").register(optionMeta, { defaultText: "half of `b`" });
  const [flag] = flagsOf(z.strictObject({ size: field }));
  assert.equal(flag!.option.description, "of a (default: half of b)");
});

test("defaults are shown as they would be written, and descriptions name flags, but columns as they are called", () => {
  const shown = flagsOf(
    z.strictObject({
      learningRate: z.number().default(5e-5).describe("how fast"),
      layers: z.array(z.int()).default([-1, 2]).describe("which"),
      size: z.enum(["a", "b"]).default("a").describe("not beside learningRate"),
      columns: z
        .strictObject({
          textPair: z
            .string()
            .optional()
            .describe("a column")
            .register(optionMeta, { defaultText: "textPair" }),
        })
        .optional(),
    }),
  );
  assert.deepEqual(
    shown.map(({ option }) => [option.defaultValueDescription, option.description]),
    [
      ["5e-5", "how fast"],
      ["-1,2", "which"],
      ['"a"', "not beside --learning-rate"],
      [undefined, "a column (default: textPair)"],
    ],
  );
});

test("an error names the flag of its option, and the flags that it suggests; its code and option stay", () => {
  const cases: [option: string | undefined, message: string, named: string][] = [
    [
      "learningRate",
      "Expected a for learningRate but received b",
      "Expected a for --learning-rate but received b",
    ],
    [
      "train",
      "Expected rows for train but received undefined",
      "Expected rows for --train but it is not given",
    ],
    ["labels.1", "Expected a for labels.1 but received b", "Expected a for --labels but received b"],
    ["columns.textPair", 'Unknown option "columns.textPair"', "Unknown option --text-pair-column"],
    [
      "phases.0.steps",
      "Expected a for phases.0.steps but received b",
      "Expected a for phases.0.steps but received b",
    ],
    [
      "wait",
      "Expected labels for wait but received b; overwrite: true",
      "Expected labels for --wait but received b; --overwrite",
    ],
    [
      undefined,
      "no learningRate; overwrite: true, other: true",
      "no --learning-rate; --overwrite, other: true",
    ],
    [undefined, 'of "learningRate" in dir/learningRate', 'of "learningRate" in dir/learningRate'],
  ];
  for (const [option, message, named] of cases) {
    const error = namingFlags(new LibbertError("ERR_DATA", message, { option }), flags) as LibbertError;
    assert.deepEqual([error.message, error.code, error.option], [named, "ERR_DATA", option]);
  }
});

test("options of several tasks become one each, which says what differs, and none but a common one is required", () => {
  const common = z.string().describe("for all");
  const own = (what: string) => z.strictObject({ label: z.string().optional().describe(what) }).optional();
  const shape = mergedShape([
    { task: "a", shape: { columns: own("class"), common, top: z.int().default(5).describe("how many") } },
    { task: "b", shape: { columns: own("score"), common } },
    { task: "c", shape: { columns: own("class"), common } },
  ]);
  const merged = flagsOf(z.strictObject(shape));
  assert.deepEqual(
    merged.map(({ option, missing }) => [option.long, option.description, missing !== undefined]),
    [
      ["--label-column", "a, c: class; b: score", false],
      ["--common", "for all (required)", true],
      ["--top", "a: how many (default: 5)", false],
    ],
  );
  assert.deepEqual(
    z.strictObject(shape).parse({ common: "x" }),
    { common: "x" },
    "no default of one task alone",
  );
});
