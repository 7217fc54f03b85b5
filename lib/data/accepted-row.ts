import { dataError } from "./data-error.js";
import { fieldOf, type Row } from "./readers/row.js";

/** What Prodigy writes of a row that its user did not accept. */
const NOT_ACCEPTED: readonly unknown[] = ["reject", "ignore"];

/**
 * Refuses a row that whoever labelled it with Prodigy did not accept: what it says would be learned as if it were right.
 *
 * @throws LibbertError ERR_DATA, naming the row's location
 */
export function requireAccepted(row: Row): void {
  const answer = fieldOf(row, "answer");
  if (!NOT_ACCEPTED.includes(answer)) return;
  const what = 'a row that was accepted, as "answer" says in rows of Prodigy (leave the others out),';
  throw dataError(row.location, what, JSON.stringify(answer));
}
