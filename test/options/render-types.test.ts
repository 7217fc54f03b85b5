import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { optionMeta } from "../../lib/options/option.js";
import { renderInterface } from "../../lib/options/render-types.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { byTask, everyKind } from "./sample-schemas.js";

/** The properties of an interface for the schema. */
function properties(shape: Record<string, z.ZodType>): string {
  const text = renderInterface("Sample", z.strictObject(shape), { about: "A sample." });
  const head = "/** A sample. */\nexport interface Sample {\n";
  assert.ok(text.startsWith(head) && text.endsWith("\n}\n"), text);
  return text.slice(head.length, -"\n}\n".length);
}

test("a property has its meaning as a sentence, its unit and its default", () => {
  assert.equal(
    properties({ model: z.string().describe("where the model is") }),
    "  /** Where the model is. */\n  model: string;",
  );
  const timeout = z.number().default(300).describe("How long to wait.");
  assert.equal(
    properties({ timeout: timeout.register(optionMeta, { unit: "seconds" }) }),
    "  /** How long to wait. Unit: seconds. Default: `300`. */\n  timeout?: number;",
  );
});

test("a default is shown as TypeScript writes it, and in the option's own words where it has some", () => {
  const defaultOf = (field: z.ZodType) =>
    properties({ a: field.describe("a") }).match(/Default: .*(?= \*)/)?.[0];
  assert.equal(defaultOf(z.string().default("auto")), 'Default: `"auto"`.');
  assert.equal(defaultOf(z.int().default(2 ** 24)), "Default: `16777216`.");
  assert.equal(defaultOf(z.boolean().default(false).optional()), "Default: `false`.");
  assert.equal(defaultOf(z.array(z.int()).default([-1, 2])), "Default: `[-1, 2]`.");
  assert.equal(defaultOf(z.record(z.string(), z.string()).default({})), "Default: `{}`.");
  assert.equal(defaultOf(everyKind.shape.grid), 'Default: `{ batchSize: [16, 32], schedule: ["linear"] }`.');
  assert.equal(defaultOf(z.string().prefault("auto")), 'Default: `"auto"`.');
  assert.equal(defaultOf(z.int().optional()), undefined);
  const inWords = z.int().default(5).register(optionMeta, { defaultText: "a third of the length" });
  assert.equal(defaultOf(inWords), "Default: a third of the length.");
});

test("each kind of schema has its type", () => {
  const typeOf = (field: z.ZodType) => properties({ a: field.describe("a") }).match(/ {2}a(\??: .*);$/)?.[1];
  assert.equal(typeOf(z.boolean().optional()), "?: boolean");
  assert.equal(typeOf(z.enum(["a", "b"])), ': "a" | "b"');
  assert.equal(typeOf(z.literal(["a", 5, null])), ': "a" | 5 | null');
  assert.equal(typeOf(z.array(z.enum(["a", "b"]))), ': readonly ("a" | "b")[]');
  assert.equal(typeOf(z.array(z.array(z.int()))), ": readonly (readonly number[])[]");
  assert.equal(typeOf(z.union([z.int(), z.number(), z.array(z.string())])), ": number | readonly string[]");
  assert.equal(typeOf(z.record(z.enum(["a", "b"]), z.unknown())), ': Record<"a" | "b", unknown>');
  assert.equal(typeOf(z.tuple([z.int(), z.string()])), ": readonly [number, string]");
  assert.equal(typeOf(z.int().nullable().default(null)), "?: number | null");
  assert.equal(typeOf(z.array(z.string().optional())), ": readonly (string | undefined)[]");
  assert.equal(typeOf(z.instanceof(AbortSignal).optional()), "?: AbortSignal");
  const call = z.custom<() => void>().register(optionMeta, { typeName: "() => void" });
  assert.equal(typeOf(call.optional()), "?: () => void");
  assert.equal(typeOf(call.nullable()), ": (() => void) | null");
  assert.equal(typeOf(z.array(call)), ": readonly (() => void)[]");
  assert.equal(typeOf(z.string().optional().register(optionMeta, { typeName: "Path" })), "?: Path");
});

test("the objects in an option stand in its type, with comments of their own", () => {
  assert.equal(
    properties({ columns: everyKind.shape.columns }),
    `  /** Names of the columns. */
  columns?: {
    /** Column of the text. Default: \`text\` or \`sentence\`. */
    text?: string;
    /** Column of the label. */
    label: string;
  };`,
  );
});

test("a long comment is wrapped, and none can be ended by a description", () => {
  const lines = properties({ betas: everyKind.shape.betas }).split("\n");
  assert.deepEqual(
    [lines[0], lines.at(-2), lines.at(-1)],
    ["  /**", "   */", "  betas?: readonly [number, number];"],
  );
  const text = lines.slice(1, -2);
  assert.ok(
    text.length > 1 && text.every((line) => line.startsWith("   * ") && line.length <= 110),
    text.join("\n"),
  );
  const fullLine = `X${"x".repeat(50)} ${"y".repeat(110 - "   * ".length - 52)}`;
  assert.equal(
    properties({ a: z.int().describe(`${fullLine} z`) }),
    `  /**\n   * ${fullLine}\n   * z.\n   */\n  a: number;`,
  );
  assert.match(properties({ grid: everyKind.shape.grid }), /bench\/\*\*\\\/\*\.json/);
});

test("an interface can extend others, without the properties that it has from them", () => {
  const [, , questions] = byTask.options;
  const omit = ["model", "epochs", "threshold", "columns", "limits"];
  assert.equal(
    renderInterface("QuestionOptions", questions, { about: "For answers.", extends: "CommonOptions", omit }),
    `/** For answers. */
export interface QuestionOptions extends CommonOptions {
  /** Spans of a context. */
  task: "question-answering";
  /** Tokens that windows share. */
  docStride?: number;
}
`,
  );
});

test("an option without a description, or of a type without a name, is refused with its path", () => {
  const columns = (field: z.ZodType) => ({
    columns: z.array(z.strictObject({ text: field })).describe("names"),
  });
  assert.throws(() => properties(columns(z.string())), /description for option columns\[\]\.text /);
  const refused = (field: z.ZodType, kind: string) =>
    assert.throws(() => properties(columns(field.describe("text"))), {
      message: `Expected a typeName for option columns[].text, whose zod type is ${kind}`,
    });
  refused(z.custom<string>(), "custom");
  refused(z.date(), "date");
  refused(z.object({}), "object");
  refused(z.tuple([z.int()], z.int()), "tuple");
});

const CHECKS = `
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
export const same: Same<Rendered, EveryKind> = true;
// The comparison can fail:
export const others: Same<Omit<Rendered, "model"> & { model: 5 }, EveryKind> = false;
declare const whole: Rendered;
const { model, ...rest } = whole;
// @ts-expect-error model is required
export const lacking: Rendered = rest;
export const checked: Rendered = { ...whole, epochs: undefined };
// @ts-expect-error unknown options are refused
export const unknown: Rendered = { ...whole, quantum: 1 };
// @ts-expect-error and so are those of objects in options
export const inner: Rendered = { ...whole, columns: { label: "gold", quantum: 1 } };
`;

test("the text compiles, and is the schema's input type in both directions", () => {
  const folder = temporaryDirectory();
  const samples = fileURLToPath(new URL("sample-schemas.js", import.meta.url));
  const rendered = renderInterface("Rendered", everyKind, { about: "Every kind of option." });
  const imports = `import type { EveryKind, Rows } from ${JSON.stringify(samples)};\n`;
  writeFileSync(join(folder, "check.mts"), `${imports}${rendered}${CHECKS}`);
  const own = { incremental: false, tsBuildInfoFile: null }; // what the project compiled is not to be overwritten
  const compilerOptions = { ...own, noEmit: true, rootDir: "/", typeRoots: [resolve("node_modules/@types")] };
  const config = { extends: resolve("tsconfig.json"), compilerOptions, include: [], files: ["check.mts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { status, stdout } = spawnSync("npx", ["tsc", "-p", folder], { encoding: "utf8" });
  assert.equal(status, 0, `${stdout}\n${rendered}`);
});

test("what is rendered is formatted as biome has it, where no type is long", () => {
  const text = renderInterface("Rendered", everyKind, { about: "Every kind of option." });
  const formatted = execFileSync("npx", ["biome", "format", "--stdin-file-path=lib/rendered.ts"], {
    input: text,
    encoding: "utf8",
  });
  assert.equal(formatted, text);
});
