import { describe } from "../errors.js";
import { isObject } from "../is-object.js";
import { fileError } from "./file-error.js";
import type { JsonField } from "./json-field.js";

/** A token that is found in a text as it stands, and never cut into pieces. */
export interface AddedToken {
  id: number;
  content: string;
  /** Found only where no letter or digit stands beside it. */
  single_word: boolean;
  /** Takes the white space before it, or behind it. */
  lstrip: boolean;
  rstrip: boolean;
  /** Found in the text as the normalizer leaves it. */
  normalized: boolean;
  /** Left out when ids become text. */
  special: boolean;
}

/** A token that a file names, with the id that it says. */
export interface DeclaredToken extends Omit<AddedToken, "id"> {
  id?: number;
  source: string;
}

/** The tokens that files declare, as transformers reads them. */
export interface DeclaredTokens {
  /** With ids: of `tokenizer.json`, `added_tokens_decoder` or `added_tokens.json`. */
  withIds: DeclaredToken[];
  /** By their use: `mask_token`, and any other `…_token`. */
  named: DeclaredToken[];
  /** `additional_special_tokens`, `extra_special_tokens`. */
  extra: DeclaredToken[];
}

/** A token that is only named is special, and found as it is spelled. */
export function namedToken(content: string, source: string): DeclaredToken {
  return {
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
    source,
  };
}

/** A token that a file has as a text, or as an object with settings. */
export function declaredToken(field: JsonField, defaults: { special?: boolean } = {}): DeclaredToken {
  if (typeof field.value === "string") return namedToken(field.value, field.source);
  if (!isObject(field.value)) throw field.wrong("a token: a text, or an object with its content");
  const flag = (name: string, otherwise: boolean) => {
    const setting = field.at(name);
    return setting.isAbsent ? otherwise : setting.flag();
  };
  const special = flag("special", defaults.special ?? false);
  return {
    content: field.at("content").text("the text of a token"),
    single_word: flag("single_word", false),
    lstrip: flag("lstrip", false),
    rstrip: flag("rstrip", false),
    normalized: flag("normalized", !special),
    special,
    source: field.source,
  };
}

/**
 * The added tokens with their ids, as transformers adds them: one that is a piece has the piece's id, the others follow
 * the vocabulary in this order. Of a token that is there twice, the last settings hold; those of a token with an id
 * hold in any case.
 *
 * @param pieces the ids of the model's vocabulary
 * @param first tokens that a `tokenizer.json` has already
 * @throws LibbertError ERR_CHECKPOINT when a file gives a token another id
 */
export function placedTokens(
  { withIds, named, extra }: DeclaredTokens,
  pieces: ReadonlyMap<string, number>,
  first: readonly DeclaredToken[] = [],
): AddedToken[] {
  const names = new Set(named.map(({ content }) => content));
  const listed = [...first, ...withIds.toSorted((a, b) => a.id! - b.id!)];
  const known = new Set(listed.map(({ content }) => content));
  const others = [...named, ...extra].filter(({ content }) => !known.has(content));
  const placed = new Map<string, AddedToken>();
  let next = pieces.size;
  for (const { source, ...token } of [...listed, ...others]) {
    const { content } = token;
    if (content === "") continue; // matches nothing, as in the tokenizers library
    const id = placed.get(content)?.id ?? pieces.get(content) ?? next++;
    if (token.id !== undefined && token.id !== id) {
      throw fileError(source, `id ${id} for the added token ${describe(content)}`, `${token.id}`);
    }
    placed.set(content, { ...token, id, special: token.special || names.has(content) });
  }
  return [...placed.values()];
}
