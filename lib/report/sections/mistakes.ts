import { isObject } from "../../is-object.js";
import { type Section, table, userText } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { EvaluationReport, StoredMistake } from "../read/evaluation-report.js";

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
      caption: "The validation rows with the highest losses; long texts are cut",
      head: ["row", "text", "expected", "predicted", "loss"],
      rows,
      textColumns: [0, 1, 2, 3],
    }),
  };
}

function textsOf({ text, textPair }: StoredMistake): Content {
  return html`<p>${userText(text)}</p>${textPair !== undefined && html`<p>${userText(textPair)}</p>`}`;
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
