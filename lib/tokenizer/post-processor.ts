import { z } from "zod";
import { describe } from "../errors.js";
import { fileError } from "./file-error.js";
import type { Frame } from "./frame.js";
import type { SpecialTokens, TextLayout } from "./text-layout.js";
import type { TokenizerPart } from "./tokenizer-json.js";

const templateItem = z.union([
  z.object({ SpecialToken: z.object({ id: z.string(), type_id: z.int() }) }),
  z.object({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: z.int() }) }),
]);

const template = z.object({
  type: z.literal("TemplateProcessing"),
  single: z.array(templateItem),
  pair: z.array(templateItem),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int()) })),
});

const tokenWithId = z.tuple([z.string(), z.int()]);

/** The post-processors that put a frame around texts, as the tokenizers library stores them. */
const framingProcessor = z.discriminatedUnion("type", [
  template,
  z.object({ type: z.literal("BertProcessing"), cls: tokenWithId, sep: tokenWithId }),
  z.object({ type: z.literal("RobertaProcessing"), cls: tokenWithId, sep: tokenWithId }),
]);

type TemplateItem = z.output<typeof templateItem>;
type Template = z.output<typeof template>;

/** `<cls> A <sep>` and `<cls> A <sep> B <sep>`, with as many `sep` in between as the layout has. */
export function layoutTemplate(
  { separators, segments }: TextLayout,
  { cls, sep }: SpecialTokens,
  ids: ReadonlyMap<string, number>,
): TokenizerPart {
  const special = (token: string, typeId: number) => ({ SpecialToken: { id: token, type_id: typeId } });
  const text = (name: "A" | "B", typeId: number) => ({ Sequence: { id: name, type_id: typeId } });
  const described = (token: string) => [token, { id: token, ids: [ids.get(token)], tokens: [token] }];
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
 * The frame that a `post_processor` of `tokenizer.json` puts around texts.
 *
 * @throws LibbertError ERR_CHECKPOINT for a post-processor of another kind, or another order of texts and tokens
 */
export function frameOf(processor: TokenizerPart, source: string): Frame {
  const framing = partsOf(processor).filter(({ type }) => type !== "ByteLevel"); // which only sets offsets right
  const { data } = framingProcessor.safeParse(framing.length === 1 ? framing[0] : processor);
  if (data === undefined) {
    throw fileError(
      source,
      "a post_processor of type TemplateProcessing, BertProcessing or RobertaProcessing",
      described(processor),
    );
  }
  if (data.type === "TemplateProcessing") return templateFrame(data, source);
  const [cls, sep] = [data.cls[1], data.sep[1]];
  return data.type === "BertProcessing"
    ? { open: [cls], between: [sep], close: [sep], segments: true }
    : { open: [cls], between: [sep, sep], close: [sep], segments: false };
}

/** The processors of a sequence, of those in it too, or the one. */
function partsOf(processor: TokenizerPart): TokenizerPart[] {
  return processor.type === "Sequence" ? (processor.processors ?? []).flatMap(partsOf) : [processor];
}

function described({ type, processors }: TokenizerPart): string {
  if (processors === undefined) return describe(type);
  return `${describe(type)} of ${processors.map((part) => describe(part.type)).join(", ") || "none"}`;
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
    const name = "Sequence" in item ? `$${item.Sequence.id}` : item.SpecialToken.id;
    return `${name}:${typeOf(item)}`;
  });
  return `"${texts.join(" ")}"`;
}
