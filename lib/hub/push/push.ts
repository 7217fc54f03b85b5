import type { Hub } from "../environment.js";
import type { Wanted } from "../refusals.js";

/** Some more of a large file was sent. */
export interface UploadEvent {
  /** Told as bytes are sent; small files go with the commit, without it. */
  type: "upload";
  /** Its path in the repository. */
  file: string;
  /** Bytes that are sent; fewer than before where a connection was lost and they are sent again. */
  loaded: number;
  /** Bytes of the whole file. */
  total: number;
}

/** One model on its way to the Hub: to where, as what, and how the call is followed. */
export interface Push {
  /** The repository, and the branch of it. */
  wanted: Wanted;
  hub: Hub;
  /** Whether only those who may shall see it; undefined where nothing is said of that. */
  isPrivate: boolean | undefined;
  /** Of the commit. */
  message: string;
  call: {
    onProgress?: ((event: UploadEvent) => void) | undefined;
    signal?: AbortSignal | undefined;
  };
}
