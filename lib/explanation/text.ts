import { alignedColumns, asCell, figure } from "../text-format.js";
import type { Explanation } from "./explanation.js";

const ESCAPE = "\u001b[";
const RESET = `${ESCAPE}0m`;
/** Of 256 colours: what speaks for the number, from little to much, and what speaks against it. */
const GREENS = [22, 28, 34, 40];
const REDS = [52, 88, 124, 160];

/**
 * An explanation for people: its numbers, the texts with their words in colours, and the words with what each adds, the most first.
 *
 * @param texts as they were given
 */
export function explanationText(
  explanation: Explanation,
  texts: readonly string[],
  isColoured: boolean,
): string {
  const { output, baseline, steps, delta, words } = explanation;
  const ranked = [...words].sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));
  return [
    `${subjectOf(explanation)} is ${figure(output)}; of padding alone ${figure(baseline)} (${steps} steps, ${figure(delta)} unexplained)`,
    ...(isColoured
      ? texts.map((text, index) =>
          coloured(
            text,
            words.filter((one) => one.text === index),
          ),
        )
      : []),
    alignedColumns(ranked.map((one) => [asCell(one.word), signed(one.attribution)])),
  ].join("\n\n");
}

function subjectOf({ target, word, mask, similarity }: Explanation): string {
  if (similarity !== undefined) return `the ${similarity} similarity`;
  if (target === null) return "the output";
  const places = [word !== undefined && ` at word ${word}`, mask !== undefined && ` at mask ${mask}`];
  return `the logit of ${target}${places.filter(Boolean).join("")}`;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}

/** A text whose words have backgrounds by how much they add, compared with the one that adds the most. */
function coloured(text: string, words: Explanation["words"]): string {
  const largest = Math.max(...words.map(({ attribution }) => Math.abs(attribution)));
  let written = "";
  let end = 0;
  for (const word of words) {
    const shades = word.attribution < 0 ? REDS : GREENS;
    const share = largest === 0 ? 0 : Math.abs(word.attribution) / largest;
    const shade = Math.round(share * shades.length) - 1;
    const own = text.slice(word.start, word.end);
    written += text.slice(end, word.start);
    written += shade < 0 ? own : `${ESCAPE}48;5;${shades[shade]}m${ESCAPE}97m${own}${RESET}`;
    end = word.end;
  }
  return written + text.slice(end);
}
