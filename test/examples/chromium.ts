import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { on, once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "undici";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** What a test that needs it passes as `skip`. */
export const withoutChromium =
  spawnSync("chromium", ["--version"]).status === 0 ? false : "there is no chromium on the PATH";

const START_MS = 60_000;

/** A page in a browser without a window. */
export interface Page extends AsyncDisposable {
  /** Waits until an expression in the page is true. @throws Error with what the page shows when it takes too long */
  waitFor(expression: string, timeoutMs: number): Promise<void>;
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
}

export async function openPage(url: string): Promise<Page> {
  const flags = [
    "--headless",
    "--no-sandbox",
    "--remote-debugging-port=0",
    `--user-data-dir=${temporaryDirectory()}`,
  ];
  const browser = spawn("chromium", [...flags, url], { stdio: ["ignore", "ignore", "pipe"] });
  const socket = new WebSocket(await pageAddress(browser));
  await once(socket, "open");
  const evaluate = (expression: string) => evaluated(socket, expression);
  return {
    evaluate,
    async waitFor(expression, timeoutMs) {
      for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(100))
        if (await evaluate(expression)) return;
      throw new Error(
        `Expected ${expression} in a page that shows ${await evaluate("document.body.innerText")}`,
      );
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      browser.kill();
      await once(browser, "exit");
    },
  };
}

/** Where the browser takes commands for its page. */
async function pageAddress(browser: ChildProcess): Promise<string> {
  const lines = createInterface({ input: browser.stderr! });
  const signal = AbortSignal.timeout(START_MS);
  for await (const [line] of on(lines, "line", { signal })) {
    const [, address] = /^DevTools listening on ws:\/\/([^/]+)\//.exec(line) ?? [];
    if (address === undefined) continue;
    const targets = (await (await fetch(`http://${address}/json/list`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    return targets.find(({ type }) => type === "page")!.webSocketDebuggerUrl;
  }
  throw new Error("Expected chromium to say where it listens");
}

let lastId = 0;

async function evaluated(socket: WebSocket, expression: string): Promise<unknown> {
  const id = ++lastId;
  socket.send(
    JSON.stringify({ id, method: "Runtime.evaluate", params: { expression, returnByValue: true } }),
  );
  for (;;) {
    const [{ data }] = (await once(socket, "message")) as [{ data: string }];
    const message = JSON.parse(data) as { id?: number; result?: { result: { value: unknown } } };
    if (message.id === id) return message.result!.result.value;
  }
}
