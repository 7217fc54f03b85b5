import { textsOf } from "./block-texts.js";
import type { TextFile } from "./input-files.js";
import { readTextBlocks, type TextBlock } from "./text-blocks.js";

/** A document as its file has it. */
export interface RawDocument {
  /** Its lines, without blank ones, and without white space around them. */
  lines: string[];
  /** How often U+FFFD had to stand in for bytes that are not UTF-8, since the document before. */
  invalidSequences: number;
  /** How much of the file, as it is on disk, was read for it. */
  bytesRead: number;
}

export interface DocumentOptions {
  /** Name of the text in an object of a .jsonl file. */
  textField: string;
  /** Blank lines do not end a document, only the file does. */
  documentPerFile: boolean;
}

/** Plain text without a document's end is divided after so many UTF-16 units, a long novel: memory would grow with it. */
const LONGEST_DOCUMENT = 1 << 22;

/**
 * The documents of a file: in plain text, what stands between blank lines, or the whole file; in a .jsonl file the text
 * of each object, even if there is nothing in it.
 *
 * @throws LibbertError ERR_DATA, naming file and line
 */
export async function* readDocuments(file: TextFile, options: DocumentOptions): AsyncGenerator<RawDocument> {
  let invalidSequences = 0;
  const document = (lines: string[], { bytesRead }: TextBlock): RawDocument => {
    const made = { lines, invalidSequences, bytesRead };
    invalidSequences = 0;
    return made;
  };

  const unfinished = new PlainDocument(options.documentPerFile);
  let lastBlock: TextBlock | undefined;
  for await (const block of readTextBlocks(file)) {
    const { texts, invalidSequences: found } = textsOf(block, options.textField);
    invalidSequences += found;
    lastBlock = block;
    const finished = file.format === "jsonl" ? texts.map(linesOf) : unfinished.add(texts[0]!);
    for (const lines of finished) yield document(lines, block);
  }
  const rest = unfinished.take();
  if (rest.length > 0) yield document(rest, lastBlock!);
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The document of a plain text that is being read. */
class PlainDocument {
  #lines: string[] = [];
  #length = 0;
  #lineGoesOn = false; // the block before ended within a line

  constructor(readonly ignoreBlankLines: boolean) {}

  /** Adds a block and returns the documents that end in it. */
  add(text: string): string[][] {
    const lines = text.split("\n");
    const goesOn = this.#lineGoesOn;
    this.#lineGoesOn = lines.at(-1) !== "";
    if (!this.#lineGoesOn) lines.pop(); // there is nothing behind the last newline
    const finished: string[][] = [];
    for (const [index, line] of lines.entries()) {
      const content = line.trim();
      const isBlank = content === "" && !(goesOn && index === 0);
      const ends = isBlank ? !this.ignoreBlankLines : this.#length > LONGEST_DOCUMENT;
      if (ends && this.#lines.length > 0) finished.push(this.take());
      if (content === "") continue;
      this.#lines.push(content);
      this.#length += content.length;
    }
    return finished;
  }

  /** What there is of the document, and starts a new one. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    return lines;
  }
}
