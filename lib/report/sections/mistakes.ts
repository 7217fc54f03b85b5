import { isObject } from "../../is-object.js";
import { type Section, table, userText } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { EvaluationReport, StoredMistake } from "../read/evaluation-report.js";
import { markedWords } from "./marked-words.js";

const CAPTION = "The validation rows with the highest losses; long texts are cut";
const WORDS =
  "Words are marked with what they add to the number behind the prediction (+), or take from it (−), compared with nothing in their place";

/** The validation rows that the model was most wrong about, with their texts. */
export function mistakesSection({ worstMistakes: mistakes }: EvaluationReport): Section | null {
  if (mistakes === undefined || mistakes.length === 0) return null;
  const rows = mistakes.map((mistake) => [
    userText(mistake.location),
    textsOf(mistake),
    answerText(mistake.expected),
    answerText(mistake.predicted),
    dataOf(mistake.loss),
  ]);
  return {
    id: "mistakes",
    title: "Worst mistakes",
    content: table({
      caption: mistakes.some(({ explanation }) => explanation) ? `${CAPTION}. ${WORDS}` : CAPTION,
      head: ["row", "text", "expected", "predicted", "loss"],
      rows,
      textColumns: [0, 1, 2, 3],
    }),
  };
}

function textsOf({ text, textPair, explanation }: StoredMistake): Content {
  const texts = textPair === undefined ? [text] : [text, textPair];
  return [
    texts.map(
      (one, index) => html`<p>${userText(explanation ? markedWords(one, index, explanation) : one)}</p>`,
    ),
    explanation?.isComplete === false &&
      html`<p class="soft">These numbers are approximate: they do not add up.</p>`,
  ];
}

/** An answer of any task: a label, several, a number, entities by their type and text. */
function answerText(answer: unknown): Content {
  if (typeof answer === "number") return dataOf(answer);
  if (typeof answer === "string") return userText(answer);
  if (Array.isArray(answer))
    return answer.length === 0
      ? "none"
      : html`<ul>${answer.map((one) => html`<li>${answerText(one)}</li>`)}</ul>`;
  if (isObject(answer) && "label" in answer && "text" in answer)
    return html`${userText(String(answer.label))}: ${userText(String(answer.text))}`;
  return answer === null || answer === undefined ? "none" : userText(JSON.stringify(answer));
}
