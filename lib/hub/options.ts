/** How a model is found by its name. What is left out, Python's variables of the environment say. */
export interface HubOptions {
  /** A branch, a tag or a commit. Default: `main` */
  revision?: string | undefined;
  /** Default: `HF_TOKEN`, else what `hf auth login` has stored */
  token?: string | undefined;
  /** Default: `HF_HUB_CACHE`, else `hub` in `HF_HOME` */
  cacheDir?: string | undefined;
  /** Whether nothing is fetched. Default: `HF_HUB_OFFLINE` */
  localFilesOnly?: boolean | undefined;
}

/** Some more of a file of a model was fetched. */
export interface DownloadEvent {
  /** Told as bytes come, and for a file that was there in part, of the whole. */
  type: "download";
  /** Its path in the repository. */
  file: string;
  /** Bytes that are there. */
  loaded: number;
  /** Bytes of the whole file. */
  total: number;
}

/** How a call to the Hub is followed and stopped. */
export interface HubCall {
  onProgress?: ((event: DownloadEvent) => void) | undefined;
  signal?: AbortSignal | undefined;
}
