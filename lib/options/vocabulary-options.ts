import { z } from "zod";
import { BERT_TOKENS } from "../tokenizer/special-tokens.js";
import { optionMeta } from "./option.js";
import { pathField } from "./path-option.js";

/** Options of `trainVocabulary()` and of `libbert vocab`; the descriptions are the command's help. */
export const vocabularyOptions = z.strictObject({
  input: z
    .array(pathField())
    .min(1)
    .describe("files of text, or patterns of them: .txt, or .jsonl with a text a line; both also .gz"),
  size: z.int().positive().describe("pieces of the vocabulary; 30522 in BERT"),
  outputDir: pathField().describe("where to save the tokenizer"),
  minFrequency: z.int().positive().default(2).describe("how often two pieces must meet to become one"),
  cased: z.boolean().default(false).describe("keep upper case and accents"),
  specialTokens: z
    .array(z.string().min(1))
    .refine(
      (tokens) =>
        new Set(tokens).size === tokens.length && BERT_TOKENS.every((token) => tokens.includes(token)),
      `distinct tokens, ${BERT_TOKENS.join(", ")} among them,`,
    )
    .optional()
    .describe("the first pieces, which stay whole wherever a text has them")
    .register(optionMeta, { defaultText: BERT_TOKENS.map((token) => `\`${token}\``).join(", ") }),
  textField: z.string().min(1).default("text").describe("name of the text in an object of a .jsonl file"),
  overwrite: z.boolean().default(false).describe("allow an output directory that holds files already"),
});

/** Checked options, defaults filled in. */
export type VocabularySettings = z.output<typeof vocabularyOptions>;
