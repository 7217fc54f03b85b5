import type { z } from "zod";
import type { TextLayout } from "../../tokenizer/text-layout.js";
import type { Activation } from "../activation.js";
import type { Encoder } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { HeadKind } from "../heads/head-kind.js";
import type { PoolerStyle } from "../heads/pooler.js";

/** A head as a family's checkpoints have it. */
export interface HeadLayout {
  /** The class of transformers that loads and saves it. */
  architecture: string;
  /** What the head's parameters are called: the beginnings of our names, and of the checkpoint's. */
  names: Readonly<Record<string, string>>;
  /** What `config.json` must say for this head alone. Default: nothing */
  fields?: z.ZodType;
}

/** All that tells the models of one family from those of another. */
export interface Family {
  /** As `config.json` names it. */
  readonly modelType: string;
  /** The class of transformers for the encoder alone. */
  readonly encoderArchitecture: string;
  /** What the encoder's parameters begin with in a checkpoint that has a head, too: `bert.` */
  readonly prefix: string;
  /** What a checkpoint calls a parameter of the encoder, behind the prefix. */
  encoderName(name: string): string;
  /** The heads that the family has, by kind. */
  readonly heads: Readonly<Partial<Record<HeadKind, HeadLayout>>>;
  /** What the names of further heads begin with, which no task has a use for. Default: there are none */
  readonly otherHeads?: readonly string[];
  /** Stored tensors that hold nothing to learn, or a second copy of what is stored elsewhere. */
  readonly redundantNames: RegExp;
  /** How a sequence is told by its first token. */
  readonly pooler: PoolerStyle;
  /** The activation inside the masked-word head. */
  wordActivation(config: EncoderConfig): Activation;
  /** How texts are framed, and what the special tokens are, where a tokenizer's files do not say. */
  readonly textLayout: TextLayout;

  /**
   * Checks the fields of a `config.json` that say how the encoder is built, and fills in the family's defaults.
   *
   * @param source what an error calls the file
   * @throws LibbertError ERR_CHECKPOINT
   */
  parseConfig(json: unknown, source: string): EncoderConfig;
  /** The field of a `config.json` that says how many layers there are. */
  readonly layersField: string;
  /** Other names of fields in `config.json`, which transformers reads in the place of the family's own. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Builds an encoder, without values. */
  createEncoder(config: EncoderConfig): Encoder;
}

/**
 * What a checkpoint calls a parameter of a network with such a head.
 *
 * @param head null where a checkpoint knows of none: a head of one's own keeps its names
 * @param name `encoder.…` or `head.…`
 */
export function checkpointName(family: Family, head: HeadKind | null, name: string): string {
  if (name.startsWith("encoder.")) return family.prefix + family.encoderName(name.slice("encoder.".length));
  if (head === null) return name;
  const own = name.slice("head.".length);
  const names = family.heads[head]?.names ?? {};
  const beginning = Object.keys(names).find((candidate) => own.startsWith(candidate));
  if (beginning === undefined) throw new Error(`${family.modelType} has no name for ${name}`);
  return names[beginning] + own.slice(beginning.length);
}

/** The kind of head that a class of transformers has: null for an encoder alone, undefined for a class of another family. */
export function headKindOf(family: Family, architecture: string): HeadKind | null | undefined {
  if (architecture === family.encoderArchitecture) return null;
  const kinds = Object.entries(family.heads) as [HeadKind, HeadLayout][];
  return kinds.find(([, layout]) => layout.architecture === architecture)?.[0];
}

/** Beginnings of the names that the heads of a family have, of whatever kind: a checkpoint may bring some that a task has no use for. */
export function headNames({ heads, otherHeads = [] }: Family): string[] {
  return [...Object.values(heads).flatMap(({ names }) => Object.values(names)), ...otherHeads];
}
