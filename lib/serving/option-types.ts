// Generated from the options' schemas by `npm run generate`. Do not edit.

/** Options of `libbertPlugin`. */
export interface ServingOptions {
  /**
   * Folders of models, or their names on the Hugging Face Hub, by the names that requests have for them; the
   * first is for requests that name none.
   */
  models: Record<string, string>;
  /**
   * What requests must have in `Authorization: Bearer …`, but for `GET /health`. Default: none is asked for,
   * and there is no `POST /reload`.
   */
  bearerToken?: string;
  /** Inputs of one request; more are refused with status 413. Unit: inputs. Default: `32`. */
  maxTexts?: number;
  /**
   * Inputs of one model that are accepted and not answered yet; a request for more is refused with status
   * 429. Unit: inputs. Default: `1024`.
   */
  maxQueue?: number;
  /** Size of a request; larger ones are refused with status 413. Unit: bytes. Default: `1000000`. */
  maxBody?: number;
  /**
   * How long a request may take; then it leaves the queue, and is answered with status 503. Unit: seconds.
   * Default: `30`.
   */
  timeout?: number;
  /**
   * Cut texts that are longer than the model reads, where a request does not say; without it they are refused
   * with status 413. Default: `false`.
   */
  truncate?: boolean;
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
  /** Where to compute: "auto", "cpu", "cuda" or "cuda:N". Default: `"auto"`. */
  device?: string;
  /**
   * What to compute with; `auto` takes bfloat16 where the hardware has units for it, `int8` is for the CPU.
   * Default: `"auto"`.
   */
  dtype?: "auto" | "float32" | "bfloat16" | "int8";
  /**
   * Threads that compute on the CPU. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors
   * that the process may use.
   */
  threads?: number;
}
