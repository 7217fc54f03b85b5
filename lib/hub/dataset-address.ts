import { expected } from "../errors.js";
import { isInside } from "../files/inside.js";
import { unquoted } from "../net/address.js";
import { isRepositoryName } from "./repository-name.js";

/** Files of a data set on the Hub. */
export interface DatasetAddress {
  /** `organisation/name`. */
  name: string;
  revision: string;
  /** A path in the data set, or a pattern of paths. */
  path: string;
}

/** The refs with slashes that huggingface_hub reads as they are; other slashes of a revision are written %2F. */
const ADDRESS = /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@(refs\/convert\/\w+|refs\/pr\/\d+|[^/]+))?\/(.+)$/;

export function isHubAddress(text: string): boolean {
  return text.startsWith("hf://");
}

/**
 * Reads `hf://datasets/organisation/name@revision/path`, as Python's huggingface_hub, pandas and others write it.
 *
 * @param option which gives it, for errors
 * @throws LibbertError ERR_OPTION for what is none
 */
export function parseDatasetAddress(text: string, option: string): DatasetAddress {
  const [, name = "", revision = "main", path = ""] = ADDRESS.exec(text) ?? [];
  if (isRepositoryName(name) && isInside(path)) return { name, revision: unquoted(revision), path };
  const what =
    '"hf://datasets/organisation/name/path", with "@revision" behind the name where it is not main,';
  throw expected(what, option, text);
}
