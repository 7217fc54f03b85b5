import { type Section, table, userText } from "../../report/elements.js";
import { dataOf } from "../../report/numbers.js";
import type { LabelErrors } from "../report.js";
import { suspicionOf } from "../suspicion.js";
import { idOf } from "./finding-sections.js";

/** Suspects that a page has room for: of more, the surest. */
const MOST_SUSPECTS = 500;

/** Labels that look wrong, for people to go through. */
export function suspectsSection({ folds, suspects }: LabelErrors): Section | null {
  if (suspects.length === 0) return null;
  const shown = suspects.slice(0, MOST_SUSPECTS);
  const rows = shown.map((suspect) => {
    const { location, text, probability, suggestedProbability } = suspect;
    const { label, suggested } = suspicionOf(suspect);
    return [
      userText(location),
      userText(text),
      userText(label),
      dataOf(probability),
      userText(suggested),
      dataOf(suggestedProbability),
    ];
  });
  const some =
    shown.length < suspects.length ? `The surest ${shown.length} of ${suspects.length} rows` : "Rows";
  return {
    id: idOf({ kind: "wrong-label", in: "data" }),
    title: "Labels that look wrong",
    content: table({
      caption: `${some}, with how probable a label is to the one of ${folds} models that did not see the row`,
      head: ["row", "text", "label", "probability", "rather", "probability"],
      ...{ rows, textColumns: [0, 1, 2, 4] },
    }),
  };
}
