import { createInterface } from "node:readline";
import type { CurvePoint, Reply } from "./rounds.js";

/** A person who is asked in a terminal. */
export interface Person extends Disposable {
  ask(text: string): Promise<Reply>;
}

/** The end of the input, as Ctrl-D and Ctrl-C give it, is a wish to stop. */
export function personAt(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  labels: readonly string[],
): Person {
  const terminal = createInterface({ input, output, prompt: "> " });
  const lines = terminal[Symbol.asyncIterator]();
  const menu = labels.map((label, index) => `${index + 1} ${label}`).join("  ");

  async function ask(text: string): Promise<Reply> {
    output.write(`\n${text}\n${menu}  s skip  q quit\n`);
    for (;;) {
      terminal.prompt();
      const { done, value } = await lines.next();
      const reply = done ? ({ type: "stop" } as const) : replyOf(value.trim(), labels);
      if (reply) return reply;
      output.write(`Expected a number from 1 to ${labels.length}, a label, s or q\n`);
    }
  }
  return { ask, [Symbol.dispose]: () => terminal.close() };
}

function replyOf(word: string, labels: readonly string[]): Reply | undefined {
  if (word === "q") return { type: "stop" };
  if (word === "s") return { type: "skip" };
  const label = labels.includes(word) ? word : labels[/^\d+$/.test(word) ? Number(word) - 1 : -1];
  return label === undefined ? undefined : { type: "label", label };
}

/** A line of the learning curve. */
export function curveLine({ labels, accuracy }: CurvePoint): string {
  return `${String(labels).padStart(5)} labels  accuracy ${accuracy.toFixed(3)}  ${"█".repeat(Math.round(40 * accuracy))}`;
}
