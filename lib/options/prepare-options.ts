import { z } from "zod";
import { hubOptions } from "./hub-options.js";
import { pathField } from "./path-option.js";

/** Options of `prepareCorpus()` and of `libbert prepare`; the descriptions are the command's help. */
export const prepareOptions = z.strictObject({
  input: z
    .array(pathField())
    .min(1)
    .describe("files of text, or patterns of them: .txt, or .jsonl with a document a line; both also .gz"),
  vocab: pathField().describe("directory of the tokenizer, or the name of a model on the Hugging Face Hub"),
  outputDir: pathField().describe("where to save the shards; a run that was cut off goes on there"),
  format: z
    .enum(["auto", "text", "sentences", "jsonl"])
    .default("auto")
    .describe(
      "`text`: documents between blank lines, a line may have many sentences; `sentences`: the same with one sentence a " +
        "line; `jsonl`: an object with a document a line; `auto` goes by the file's name: `jsonl` or `text`",
    ),
  textField: z.string().min(1).default("text").describe("name of the text in an object of a .jsonl file"),
  documentPerFile: z
    .boolean()
    .default(false)
    .describe("blank lines of a text do not end a document, only the file does"),
  validationShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe("share of the documents to set apart for validation; which ones depends on their text alone"),
  part: z
    .string()
    .regex(/^[1-9]\d*\/[1-9]\d*$/, '"i/n": the machine\'s number, from 1, and how many there are')
    .refine((part) => Number(part.split("/")[0]) <= Number(part.split("/")[1]), "a machine's number up to n")
    .default("1/1")
    .describe(
      "`i/n`: this is machine i of n, and prepares its part of the documents; all give the same `outputDir`",
    ),
  tokensPerShard: z
    .int()
    .positive()
    .max(2 ** 28)
    .default(2 ** 24)
    .describe("tokens after which a new file is begun; 4 bytes each, which are held in memory"),
  overwrite: z.boolean().default(false).describe("allow an output directory that holds other files"),
  ...hubOptions,
});

/** Checked options, defaults filled in. */
export type PrepareSettings = z.output<typeof prepareOptions>;
