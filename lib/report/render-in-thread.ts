import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type ErrorCode, LibbertError } from "../errors.js";
import { threadFile } from "../thread-file.js";
import type { PageRequest } from "./page-of.js";

/** What the thread answers: a page, or what kept it from one. */
export type Rendered = { page: string } | { code: ErrorCode; message: string; option: string | undefined };

/** As `pageOf`, in a thread of its own: the log of a long run takes seconds. */
export async function renderInThread(request: PageRequest): Promise<string> {
  const url = threadFile("render-thread.js", import.meta.url);
  const worker = new Worker(url, { execArgv: [], workerData: request });
  const [answer]: Rendered[] = await once(worker, "message");
  await worker.terminate();
  if ("page" in answer!) return answer.page;
  const { code, message, option } = answer!;
  throw new LibbertError(code, message, { option });
}
