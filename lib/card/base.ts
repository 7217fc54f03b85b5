import { basename, join, resolve } from "node:path";
import { CARD } from "../files/model-files.js";
import { readModelText } from "../files/regular-file.js";
import { metadataIn } from "./front-matter.js";

/** What a model was made from. */
export interface Base {
  /** Its name on the Hub, or of its folder. */
  name: string;
  /** The commit of the model on the Hub; null for a folder that is no copy of one. */
  commit: string | null;
  /** The fields of its card that say under which terms it may be used. */
  license: Readonly<Record<string, string>>;
}

/** Where the cache of the Hub has a model. */
const SNAPSHOT = /\/models--([\w.-]+)\/snapshots\/([0-9a-f]{40})$/;

const LICENSE_FIELDS = ["license", "license_name", "license_link"];

/** What a model's folder says of the model. */
export function baseIn(directory: string): Base {
  const path = resolve(directory);
  const [, name, commit = null] = SNAPSHOT.exec(path) ?? [];
  return { name: name?.replace("--", "/") ?? basename(path), commit, license: licenseIn(path) };
}

function licenseIn(directory: string): Record<string, string> {
  const metadata = metadataIn(textOf(join(directory, CARD)));
  const fields = LICENSE_FIELDS.map((field) => [field, metadata[field]] as const);
  return Object.fromEntries(
    fields.filter((field): field is readonly [string, string] => typeof field[1] === "string"),
  );
}

/** A card that cannot be read is as good as none. */
function textOf(path: string): string {
  try {
    return readModelText(path) ?? "";
  } catch {
    return "";
  }
}
