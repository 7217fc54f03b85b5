import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

/** A text, and where it comes from. */
export interface Text {
  text: string;
  file?: string;
  /** From 1. */
  line?: number;
}

export interface Following {
  /** Whether files that come later are read, too. */
  follow: boolean;
  /** Milliseconds from one look at the folder to the next. */
  interval: number;
  /** Ends the stream, as its end would. */
  signal: AbortSignal;
}

/** A file at one look. */
interface Look {
  version: string;
  isRead: boolean;
}

/**
 * The text files in a folder as they appear. Whoever writes one may take a while: a file that comes later is read when it is the same in
 * two looks, and again when it has changed. (Looking costs little, misses nothing, and works on network drives, which send no events.)
 */
export async function* filesIn(
  folder: string,
  { follow, interval, signal }: Following,
): AsyncGenerator<Text> {
  let before = new Map<string, Look>();
  do {
    const now = new Map<string, Look>();
    for (const [file, version] of await versionsIn(folder)) {
      const isSame = before.get(file)?.version === version;
      now.set(file, { version, isRead: isSame && before.get(file)!.isRead });
      if (signal.aborted || now.get(file)!.isRead || (follow && !isSame)) continue;
      const text = await readOrTell(file);
      now.get(file)!.isRead = true;
      if (text !== undefined) yield { file, text };
    }
    before = now;
    if (follow) await setTimeout(interval, undefined, { signal }).catch(() => {});
  } while (follow && !signal.aborted);
}

/** What tells whether a file has changed, in the order of their names. */
async function versionsIn(folder: string): Promise<[file: string, version: string][]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith(".txt")).sort();
  const versions = files.map(async (name): Promise<[string, string][]> => {
    const facts = await stat(join(folder, name)).catch(() => undefined); // removed since
    return facts?.isFile() ? [[join(folder, name), `${facts.size} ${facts.mtimeMs} ${facts.ino}`]] : [];
  });
  return (await Promise.all(versions)).flat();
}

/** One that cannot be read stops nothing else. */
async function readOrTell(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

/** The lines of a stream as they come. */
export async function* linesOf(input: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<Text> {
  let line = 0;
  for await (const text of createInterface({ input, signal })) yield { line: ++line, text };
}
