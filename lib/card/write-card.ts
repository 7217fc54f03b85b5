import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CARD } from "../files/model-files.js";
import type { ModelCard } from "./card.js";
import { cardText } from "./card-text.js";
import { mayWriteCard } from "./readme.js";

/**
 * Writes a model's card into a folder, beside its files.
 *
 * @param directory in whose place the files will be; a README.md that is there stays, unless it is a card that nobody has changed
 */
export function writeCard(card: ModelCard, staging: string, directory: string): void {
  if (mayWriteCard(directory)) writeFileSync(join(staging, CARD), cardText(card, directory));
}
