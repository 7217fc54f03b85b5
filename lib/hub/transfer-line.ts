import type { DownloadEvent } from "./options.js";
import type { UploadEvent } from "./push/push.js";

/** What was fetched, or sent, in words. */
export function transferLine({ type, file, loaded, total }: DownloadEvent | UploadEvent): string {
  return `${file}: ${loaded} of ${total} bytes ${type === "download" ? "fetched" : "sent"}`;
}
