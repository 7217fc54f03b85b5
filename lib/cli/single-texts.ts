import { dataError } from "../data/data-error.js";
import { type Files, pathsOf } from "../options/row-options.js";
import { TEXT_FILES, type TextFlags, textsOfFiles } from "../tasks/texts/command-line.js";
import type { TextInput } from "../tokenizer/text-input.js";
import { checkInput } from "./check-input.js";

/**
 * All texts of files.
 *
 * @param purpose what they are for, as an error says it: `to rank`
 * @throws LibbertError ERR_DATA for pairs of texts
 */
export async function readSingleTexts(files: Files, reading: TextFlags, purpose: string): Promise<string[]> {
  checkInput(files, TEXT_FILES, reading.format);
  const texts: TextInput[] = [];
  for await (const some of textsOfFiles(files, reading)) for (const text of some) texts.push(text);
  if (texts.every((text) => typeof text === "string")) return texts;
  throw dataError(pathsOf(files)[0]!, `one text a row ${purpose}`, "pairs of texts");
}
