import { describe } from "../errors.js";
import { fileError } from "./file-error.js";
import type { Frame } from "./frame.js";
import type { JsonField } from "./json-field.js";
import type { SpecialTokens, TextLayout } from "./text-layout.js";
import type { TokenizerPart } from "./tokenizer-json.js";

/** Far more special tokens than any model has around a pair. */
const MOST_ITEMS = 32;
const MOST_ID = 2 ** 31 - 1;

type TypeId = { type_id: number };
type TemplateItem = { SpecialToken: { id: string } & TypeId } | { Sequence: { id: "A" | "B" } & TypeId };
type TokenWithId = [token: string, id: number];

interface Template extends TokenizerPart {
  type: "TemplateProcessing";
  single: TemplateItem[];
  pair: TemplateItem[];
  special_tokens: Record<string, { id: string; ids: number[]; tokens: string[] }>;
}

/** A post-processor that puts a frame around texts, as the tokenizers library stores it. */
type Framing =
  | Template
  | (TokenizerPart & { type: "BertProcessing" | "RobertaProcessing"; cls: TokenWithId; sep: TokenWithId });

/** `<cls> A <sep>` and `<cls> A <sep> B <sep>`, with as many `sep` in between as the layout has. */
export function layoutTemplate(
  { separators, segments }: TextLayout,
  { cls, sep }: SpecialTokens,
  ids: ReadonlyMap<string, number>,
): Template {
  const special = (token: string, typeId: number) => ({ SpecialToken: { id: token, type_id: typeId } });
  const text = (name: "A" | "B", typeId: number) => ({ Sequence: { id: name, type_id: typeId } });
  const described = (token: string) => [token, { id: token, ids: [ids.get(token)!], tokens: [token] }];
  const start = [special(cls, 0), text("A", 0)];
  const between = Array.from({ length: separators }, () => special(sep, 0));
  const secondType = Number(segments);
  return {
    type: "TemplateProcessing",
    single: [...start, special(sep, 0)],
    pair: [...start, ...between, text("B", secondType), special(sep, secondType)],
    special_tokens: Object.fromEntries([cls, sep].map(described)),
  };
}

/**
 * The `post_processor` of a `tokenizer.json` with the settings that count: one that puts a frame around texts, and any
 * that set offsets right.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the field
 */
export function checkedPostProcessor(field: JsonField): TokenizerPart | null {
  if (field.isAbsent) return null;
  field.fields("a post-processor");
  const parts = field.at("type").value === "Sequence" ? field.at("processors").items() : [field];
  const framing = parts.filter((part) => part.at("type").value !== "ByteLevel"); // which only sets offsets right
  const type = framing.length === 1 ? framing[0]!.at("type").value : undefined;
  if (type !== "TemplateProcessing" && type !== "BertProcessing" && type !== "RobertaProcessing") {
    const what = "a post_processor of type TemplateProcessing, BertProcessing or RobertaProcessing";
    throw fileError(field.source, what, described(field, parts));
  }
  if (parts.length > MOST_ITEMS) throw field.wrong(`at most ${MOST_ITEMS} parts`);
  const checked = parts.map((part) => {
    if (part !== framing[0]) return { type: "ByteLevel", ...flagsOf(part) };
    return type === "TemplateProcessing" ? checkedTemplate(part) : checkedPair(part, type);
  });
  return parts[0] === field ? checked[0]! : { type: "Sequence", processors: checked };
}

function checkedPair(field: JsonField, type: "BertProcessing" | "RobertaProcessing"): Framing {
  const token = (name: string): TokenWithId => {
    const pair = field.at(name);
    if (pair.items("a token and its id").length !== 2) throw pair.wrong("a token and its id");
    return [pair.at(0).text(), pair.at(1).integer(0, MOST_ID)];
  };
  const offsets = type === "RobertaProcessing" ? flagsOf(field) : {};
  return { type, cls: token("cls"), sep: token("sep"), ...offsets };
}

function flagsOf(field: JsonField): Record<string, boolean> {
  const names = ["add_prefix_space", "trim_offsets", "use_regex"];
  const given = names.map((name) => [name, field.at(name)] as const).filter(([, flag]) => !flag.isAbsent);
  return Object.fromEntries(given.map(([name, flag]) => [name, flag.flag()]));
}

function checkedTemplate(field: JsonField): Template {
  const specials = field
    .at("special_tokens")
    .fields()
    .map(([token, special]) => {
      const ids = special
        .at("ids")
        .items()
        .map((id) => id.integer(0, MOST_ID));
      if (ids.length > MOST_ITEMS) throw special.wrong(`at most ${MOST_ITEMS} ids`);
      return [token, { id: token, ids, tokens: ids.map(() => token) }] as const;
    });
  const tokens = new Set(specials.map(([token]) => token));
  const items = (name: string) => {
    const list = field.at(name);
    if (list.items().length > MOST_ITEMS) throw list.wrong(`at most ${MOST_ITEMS} texts and tokens`);
    return list.items().map((item) => checkedItem(item, tokens));
  };
  const special_tokens = Object.fromEntries(specials);
  return { type: "TemplateProcessing", single: items("single"), pair: items("pair"), special_tokens };
}

function checkedItem(field: JsonField, tokens: ReadonlySet<string>): TemplateItem {
  const [special, text] = [field.at("SpecialToken"), field.at("Sequence")];
  if (special.isAbsent) {
    if (text.isAbsent) throw field.wrong("a SpecialToken or a Sequence");
    return { Sequence: { id: text.at("id").oneOf(["A", "B"]), type_id: text.at("type_id").integer(0, 1) } };
  }
  const id = special.at("id");
  if (!tokens.has(id.text())) throw id.wrong("one of special_tokens");
  return { SpecialToken: { id: id.text(), type_id: special.at("type_id").integer(0, 1) } };
}

/**
 * The frame that a `post_processor` puts around texts.
 *
 * @param ids of the vocabulary
 * @throws LibbertError ERR_CHECKPOINT for another order of texts and tokens, or an id that no token has
 */
export function frameOf(processor: TokenizerPart, ids: ReadonlyMap<string, number>, source: string): Frame {
  const parts = processor.processors ?? [processor];
  const framing = parts.find(({ type }) => type !== "ByteLevel") as Framing;
  const frame = framing.type === "TemplateProcessing" ? templateFrame(framing, source) : pairFrame(framing);
  const known = new Set(ids.values());
  const unknown = [...frame.open, ...frame.between, ...frame.close].find((id) => !known.has(id));
  if (unknown === undefined) return frame;
  throw fileError(source, "ids of the vocabulary in post_processor", `${unknown}`);
}

function pairFrame({ type, cls: [, cls], sep: [, sep] }: Exclude<Framing, Template>): Frame {
  return type === "BertProcessing"
    ? { open: [cls], between: [sep], close: [sep], segments: true }
    : { open: [cls], between: [sep, sep], close: [sep], segments: false };
}

function described(field: JsonField, parts: readonly JsonField[]): string {
  const type = describe(field.at("type").value);
  if (parts[0] === field) return type;
  return `${type} of ${parts.map((part) => describe(part.at("type").value)).join(", ") || "none"}`;
}

function templateFrame({ single, pair, special_tokens }: Template, source: string): Frame {
  const [alone, both] = [sectionsOf(single, special_tokens), sectionsOf(pair, special_tokens)];
  const [open = [], between = [], close = []] = both.tokens;
  const second = pair.findIndex((item) => "Sequence" in item && item.Sequence.id === "B");
  const segments = second >= 0 && typeOf(pair[second]!) === 1;
  const inOrder =
    alone.texts === "A" &&
    both.texts === "AB" &&
    JSON.stringify(alone.tokens) === JSON.stringify([open, close]) &&
    single.every((item) => typeOf(item) === 0) &&
    pair.every((item, index) => typeOf(item) === Number(segments && index >= second));
  if (inOrder) return { open, between, close, segments };
  throw fileError(
    source,
    "a post_processor with the template open, text, separator, text, close",
    `${written(single)} and ${written(pair)}`,
  );
}

/** The names of a template's texts, and the ids before, between and after them. */
function sectionsOf(items: readonly TemplateItem[], specialTokens: Template["special_tokens"]) {
  let texts = "";
  const tokens: number[][] = [[]];
  for (const item of items) {
    if ("SpecialToken" in item) tokens.at(-1)!.push(...specialTokens[item.SpecialToken.id]!.ids);
    else {
      texts += item.Sequence.id;
      tokens.push([]);
    }
  }
  return { texts, tokens };
}

function typeOf(item: TemplateItem): number {
  return "Sequence" in item ? item.Sequence.type_id : item.SpecialToken.type_id;
}

/** As the tokenizers library writes templates: `[CLS]:0 $A:0 [SEP]:0`. */
function written(items: readonly TemplateItem[]): string {
  const texts = items.map((item) => {
    const name = "Sequence" in item ? `$${item.Sequence.id}` : item.SpecialToken.id.slice(0, 20);
    return `${name}:${typeOf(item)}`;
  });
  return `"${texts.join(" ")}"`;
}
