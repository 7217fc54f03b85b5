import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A part of a file that is short enough to be read in one go. */
export interface Passage {
  file: string;
  /** The line on which it begins, from 1. */
  line: number;
  /** The headings above it: `Serving: Limits and errors`. */
  heading: string;
  /** As it stands in the file. */
  text: string;
}

/** Longer passages end at the next paragraph, line or sentence; in UTF-16 units. What a model for vectors reads are some 1,000. */
const ENOUGH = 600;
const TOO_MUCH = 1000;

/** The passages of all Markdown files in a folder and below it. */
export async function passagesIn(folder: string): Promise<Passage[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith(".md") && !name.includes("node_modules")).sort();
  const all = files.map(async (name) => {
    const file = join(folder, name);
    return passagesOf(file, await readFile(file, "utf8"));
  });
  return (await Promise.all(all)).flat();
}

/** A paragraph that is one long line, in parts that end with a sentence, or a word. */
function partsOf(text: string): string[] {
  if (text.length <= TOO_MUCH) return [text];
  const ends = [text.lastIndexOf(". ", TOO_MUCH - 1) + 1, text.lastIndexOf(" ", TOO_MUCH)];
  const end = ends.find((place) => place > 0) ?? TOO_MUCH;
  return [text.slice(0, end), ...partsOf(text.slice(end).trimStart())];
}

/** Passages never go beyond a heading, a block of code or a comment, and contain none that begins a line. */
export function passagesOf(file: string, markdown: string): Passage[] {
  const passages: Passage[] = [];
  const headings: string[] = []; // by their level
  let lines: string[] = [];
  let fence: string | undefined; // that has to come for a block of code to end
  let isComment = false;

  /** @param end the line behind the last one, from 1 */
  const close = (end: number) => {
    const text = lines.join("\n").trimEnd();
    const heading = headings.filter(Boolean).join(": ");
    const line = end - lines.length;
    if (text !== "") passages.push(...partsOf(text).map((part) => ({ file, line, heading, text: part })));
    lines = [];
  };

  for (const [index, line] of markdown.split("\n").entries()) {
    const number = index + 1;
    if (fence !== undefined) {
      if (line.trim().startsWith(fence) && !/[^`~\s]/.test(line)) fence = undefined;
      continue;
    }
    if (isComment) {
      isComment = !line.includes("-->");
      continue;
    }
    const [, opening] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    const [, level, title] = /^ {0,3}(#{1,6})\s+(.*?)(?:\s+#*)?\s*$/.exec(line) ?? [];
    const isOpen = /^\s*<!--/.test(line);
    const isBlank = line.trim() === "";
    const length = lines.reduce((sum, { length }) => sum + length + 1, 0);
    const isFull = isBlank ? length >= ENOUGH : length + line.length > TOO_MUCH;
    if (opening || level || isOpen || isFull) close(number);
    if (opening) fence = opening;
    else if (isOpen) isComment = !line.includes("-->");
    else if (level) {
      headings.length = level.length;
      headings[level.length - 1] = title!.replaceAll("`", "");
    } else if (!isBlank || lines.length > 0) lines.push(line);
  }
  close(markdown.split("\n").length + 1);
  return passages;
}
