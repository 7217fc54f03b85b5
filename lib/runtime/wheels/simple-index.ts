import { text } from "node:stream/consumers";
import { z } from "zod";
import { jsonProblem, LibbertError } from "../../errors.js";
import { shown, shownText, unquoted } from "../../net/address.js";
import { request } from "../../net/request.js";
import { normalized } from "./requirement.js";

/** A file that an index of Python packages lists. */
export interface IndexedFile {
  file: string;
  url: URL;
  sha256?: string | undefined;
}

const PYPI = "https://pypi.org/simple/";

/** The types of PEP 691, and HTML for what knows PEP 503 alone. */
const ACCEPT =
  "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/**
 * Where packages are looked for: `PIP_INDEX_URL`, else PyPI, and those of `PIP_EXTRA_INDEX_URL`, with blanks between them.
 * @param usual beside PyPI, where neither is set
 * @throws LibbertError `ERR_RUNTIME` for what is no address, and where `PIP_NO_INDEX` forbids to ask an index
 */
export function indexes(usual: readonly string[]): URL[] {
  const { PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_NO_INDEX = "" } = process.env;
  if (/^(1|true|yes|on|y|t)$/i.test(PIP_NO_INDEX)) {
    const message = `Expected an index to fetch from but received PIP_NO_INDEX=${PIP_NO_INDEX}: name LibTorch with LIBTORCH`;
    throw new LibbertError("ERR_RUNTIME", message);
  }
  const extra = PIP_EXTRA_INDEX_URL?.match(/\S+/g) ?? [];
  if (!PIP_INDEX_URL && extra.length === 0) return [PYPI, ...usual].map((index) => new URL(index));
  return [
    indexAddress("PIP_INDEX_URL", PIP_INDEX_URL || PYPI),
    ...extra.map((index) => indexAddress("PIP_EXTRA_INDEX_URL", index)),
  ];
}

function indexAddress(variable: string, text: string): URL {
  const address = text.endsWith("/") ? text : `${text}/`;
  if (/^(https?|file):/.test(text) && URL.canParse(address)) return new URL(address);
  throw new LibbertError(
    "ERR_RUNTIME",
    `Expected an https:, http: or file: address for ${variable} but received "${shownText(text)}"`,
  );
}

/**
 * The files of a package that an index lists.
 * @throws as `request` does; NotThere where the index does not have the package
 */
export async function filesOf(index: URL, name: string): Promise<IndexedFile[]> {
  const folder = new URL(`${normalized(name)}/`, index);
  const page = folder.protocol === "file:" ? new URL("index.html", folder) : folder;
  const { url, contentType, content } = await request(page, { accept: ACCEPT });
  const body = await text(content);
  const links = /\bjson\b/.test(contentType) ? linksOfJson(body, url) : linksOfHtml(body);
  return links
    .filter(({ address }) => URL.canParse(address, url.href))
    .map(({ file, address, sha256 }) => ({ file, url: withUserOf(index, new URL(address, url)), sha256 }));
}

/** An index that asks for a password asks for it before it gives its files, too. */
function withUserOf(index: URL, file: URL): URL {
  if (file.origin === index.origin) {
    file.username = index.username;
    file.password = index.password;
  }
  return file;
}

interface Link {
  file: string;
  address: string;
  sha256: string | undefined;
}

/** PEP 691, as far as it is read. */
const pageSchema = z.object({ files: z.array(z.unknown()) });
const fileSchema = z.object({
  filename: z.string(),
  url: z.string(),
  hashes: z.object({ sha256: z.unknown() }).partial().optional(),
});

/** Files that a page does not describe as PEP 691 does are passed over. */
function linksOfJson(body: string, url: URL): Link[] {
  const { files } = pageOf(body, url);
  return files.flatMap((file) => {
    const { success, data } = fileSchema.safeParse(file);
    return success ? [{ file: data.filename, address: data.url, sha256: sha256Of(data.hashes?.sha256) }] : [];
  });
}

function pageOf(body: string, url: URL): z.output<typeof pageSchema> {
  const page = pageSchema.safeParse(jsonOf(body, url)).data;
  if (page) return page;
  throw noIndex(url, "JSON without a list of files");
}

function jsonOf(body: string, url: URL): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw noIndex(url, jsonProblem(error));
  }
}

function noIndex(url: URL, received: string): LibbertError {
  const message = `Expected an index of packages at ${shown(url)} but received ${received}`;
  return new LibbertError("ERR_RUNTIME", message);
}

/** PEP 503: the name is the end of the address, the hash is behind it. */
function linksOfHtml(body: string): Link[] {
  return [...body.matchAll(/<a\s[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].map(([, double, single]) => {
    const address = (double ?? single)!.replaceAll("&amp;", "&");
    const [path, fragment = ""] = address.split("#");
    return {
      file: unquoted(path!.split("?")[0]!.split("/").at(-1)!),
      address: path!,
      sha256: sha256Of(/\bsha256=([^&]*)/.exec(fragment)?.[1]),
    };
  });
}

/** A hash as it is computed, in lower case; undefined for what is none. */
function sha256Of(text: unknown): string | undefined {
  return typeof text === "string" && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined;
}
