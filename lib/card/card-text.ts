import { basename, resolve } from "node:path";
import { libbertVersion } from "../runtime/versions.js";
import { bodyOf } from "./body.js";
import type { CardTerms, ModelCard } from "./card.js";
import { frontMatter } from "./front-matter.js";
import { metadataOf } from "./metadata.js";
import { plainText } from "./plain-text.js";
import { sealed } from "./seal.js";

/** The text of the README.md of a model in a folder, whose name is the model's. */
export function cardText(card: ModelCard, folder: string): string {
  const complete = {
    ...card,
    name: plainText(basename(resolve(folder))) || "model",
    terms: termsOf(card),
    version: libbertVersion(),
  };
  return sealed(`${frontMatter(metadataOf(complete))}\n${bodyOf(complete)}`);
}

function termsOf({ terms, training }: ModelCard): CardTerms {
  const before = training?.terms;
  return {
    languages: terms?.languages ?? before?.languages,
    license: terms?.license ?? before?.license,
    datasetName: terms?.datasetName ?? before?.datasetName,
  };
}
