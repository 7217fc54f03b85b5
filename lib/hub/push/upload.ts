import { createReadStream } from "node:fs";
import { LibbertError } from "../../errors.js";
import { shown } from "../../net/address.js";
import { persistently } from "../../net/persistently.js";
import { type Answer, type Message, send } from "../../net/send.js";
import type { LocalFile } from "./local-files.js";
import type { UploadAction, UploadPlan } from "./protocol.js";
import type { Push } from "./push.js";

/** A file whose content Git LFS keeps. */
export type LargeFile = LocalFile & { sha256: string };

/**
 * Sends the content of a large file to where the Hub wants it: at once, or in parts.
 * @throws ERR_RUNTIME for a connection that is lost again and again, and for a plan that does not fit; Refused
 */
export async function upload(push: Push, file: LargeFile, { upload, verify }: UploadPlan): Promise<void> {
  const told = (sent: number) => {
    push.call.onProgress?.({ type: "upload", file: file.path, loaded: sent, total: file.size });
  };
  const partSize = upload.header?.chunk_size;
  if (partSize === undefined) {
    const whole = { start: 0, length: file.size };
    await sendPart(push, addressIn(upload.href), file, whole, told);
  } else await sendParts(push, file, upload, Number(partSize), told);
  if (verify)
    await tell(push, addressIn(verify.href), { oid: file.sha256, size: file.size }, "application/json");
}

async function sendParts(
  push: Push,
  file: LargeFile,
  { href, header }: UploadAction,
  partSize: number,
  told: (sent: number) => void,
): Promise<void> {
  const numbers = Object.keys(header ?? {}).filter((name) => /^\d+$/.test(name));
  const count = Math.ceil(file.size / partSize);
  const isWhole = numbers.length === count && numbers.every((name) => typeof header![name] === "string");
  if (!isWhole) throw misfit(`the addresses of ${count} parts of ${file.path}`, numbers.length);
  const parts: { partNumber: number; etag: string }[] = [];
  for (const name of numbers.sort((a, b) => Number(a) - Number(b))) {
    const start = partSize * parts.length;
    const length = Math.min(partSize, file.size - start);
    const answer = await sendPart(push, addressIn(header![name] as string), file, { start, length }, told);
    const etag = answer.headers.get("etag");
    if (!etag) throw misfit(`an ETag for a part of ${file.path}`, "none");
    parts.push({ partNumber: parts.length + 1, etag });
  }
  await tell(push, addressIn(href), { oid: file.sha256, parts }, "application/vnd.git-lfs+json");
}

interface Part {
  start: number;
  length: number;
}

/** Without a token: the address itself is the right to write there. */
function sendPart(
  push: Push,
  url: URL,
  { file }: LargeFile,
  { start, length }: Part,
  told: (sent: number) => void,
): Promise<Answer> {
  async function* bytes() {
    let sent = start;
    for await (const chunk of createReadStream(file, { start, end: start + length - 1 })) {
      yield chunk;
      sent += chunk.length;
      told(sent);
    }
  }
  const { signal } = push.call;
  const type = "application/octet-stream";
  const message: Message = { method: "PUT", type, body: { bytes, length }, signal };
  return persistently(() => send(url, message), { signal });
}

/** The token goes to the Hub alone. */
async function tell({ hub, call }: Push, url: URL, body: object, type: string): Promise<void> {
  const token = url.origin === new URL(hub.endpoint).origin ? hub.token : undefined;
  const message: Message = { method: "POST", type, body: JSON.stringify(body), token, signal: call.signal };
  await persistently(() => send(url, message), { signal: call.signal });
}

/** No other protocol is spoken, whatever the Hub says. */
function addressIn(href: string): URL {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw misfit("an address to send a file to", url ? shown(new URL(url.pathname, url)) : "none");
}

function misfit(what: string, received: string | number): LibbertError {
  return new LibbertError("ERR_RUNTIME", `Expected ${what} from the Hub but received ${received}`);
}
