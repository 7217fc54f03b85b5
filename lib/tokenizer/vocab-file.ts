import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../errors.js";
import { fileError } from "./file-error.js";

/** Writes `vocab.txt`: a piece a line, in the order of the ids. */
export async function writeVocab(directory: string, ids: ReadonlyMap<string, number>): Promise<void> {
  const pieces: string[] = [];
  for (const [piece, id] of ids) pieces[id] = piece;
  await writeFile(join(directory, "vocab.txt"), `${pieces.join("\n")}\n`);
}

/** `pieces` when each is there once: an id is a place in the list. */
export function checkedPieces(pieces: readonly string[], source: string): readonly string[] {
  const lineOf = new Map<string, number>();
  for (const [id, piece] of pieces.entries()) {
    const earlier = lineOf.get(piece);
    if (earlier !== undefined) {
      throw fileError(source, "distinct pieces", `${describe(piece)} on lines ${earlier} and ${id + 1}`);
    }
    lineOf.set(piece, id + 1);
  }
  return pieces;
}

/**
 * The pieces, each at one place: as in transformers, the last of its lines. At the earlier ones stands what no text holds, as words
 * have no spaces.
 */
export function lastOfEach(pieces: readonly string[]): string[] {
  const last = new Map(pieces.map((piece, id) => [piece, id]));
  return pieces.map((piece, id) => (last.get(piece) === id ? piece : `${piece} (line ${id + 1})`));
}

/** The lines, as Python counts them, without blank ones at the end, a byte-order mark, and the white space behind a piece, as Python's tokenizers reads them. */
export function piecesOf(vocab: string): string[] {
  const lines = vocab
    .replace(/^\ufeff/, "")
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd());
  let count = lines.length;
  while (count > 1 && lines[count - 1] === "") count--;
  return lines.slice(0, count);
}
