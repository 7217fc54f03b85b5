// Generated from the options' schemas by `npm run generate`. Do not edit.
import type { Logger } from "../../options/logger.js";
import type { PrepareEvent, VocabularyEvent } from "./events.js";

/** Options of `trainVocabulary()`. */
export interface VocabularyOptions {
  /** Files of text, or patterns of them: .txt, or .jsonl with a text a line; both also .gz. */
  input: readonly string[];
  /** Pieces of the vocabulary; 30522 in BERT. */
  size: number;
  /** Where to save the tokenizer. */
  outputDir: string;
  /** How often two pieces must meet to become one. Default: `2`. */
  minFrequency?: number;
  /** Keep upper case and accents. Default: `false`. */
  cased?: boolean;
  /**
   * The first pieces, which stay whole wherever a text has them. Default: `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`,
   * `[MASK]`.
   */
  specialTokens?: readonly string[];
  /** Name of the text in an object of a .jsonl file. Default: `"text"`. */
  textField?: string;
  /** Allow an output directory that holds files already. Default: `false`. */
  overwrite?: boolean;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: VocabularyEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `prepareCorpus()`. */
export interface PrepareOptions {
  /** Files of text, or patterns of them: .txt, or .jsonl with a document a line; both also .gz. */
  input: readonly string[];
  /** Directory of the tokenizer, or the name of a model on the Hugging Face Hub. */
  vocab: string;
  /** Where to save the shards; a run that was cut off goes on there. */
  outputDir: string;
  /**
   * `text`: documents between blank lines, a line may have many sentences; `sentences`: the same with one
   * sentence a line; `jsonl`: an object with a document a line; `auto` goes by the file's name: `jsonl` or
   * `text`. Default: `"auto"`.
   */
  format?: "auto" | "text" | "sentences" | "jsonl";
  /** Name of the text in an object of a .jsonl file. Default: `"text"`. */
  textField?: string;
  /** Blank lines of a text do not end a document, only the file does. Default: `false`. */
  documentPerFile?: boolean;
  /**
   * Share of the documents to set apart for validation; which ones depends on their text alone. Default:
   * `0.01`.
   */
  validationShare?: number;
  /**
   * `i/n`: this is machine i of n, and prepares its part of the documents; all give the same `outputDir`.
   * Default: `"1/1"`.
   */
  part?: string;
  /** Tokens after which a new file is begun; 4 bytes each, which are held in memory. Default: `16777216`. */
  tokensPerShard?: number;
  /** Allow an output directory that holds other files. Default: `false`. */
  overwrite?: boolean;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: PrepareEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}
