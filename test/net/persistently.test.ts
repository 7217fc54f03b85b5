import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { pauseAfter, persistently } from "../../lib/net/persistently.js";
import { ConnectionLost, request } from "../../lib/net/request.js";
import { setEnvironment } from "../runtime/fakes.js";

/** The address of a server that is busy once, and says so with this header. */
async function busyServer(t: TestContext, status: number, retryAfter: () => string): Promise<URL> {
  let isBusy = true;
  const server = createServer((_request, response) => {
    response.writeHead(isBusy ? status : 200, { "retry-after": retryAfter() }).end("answer");
    isBusy = false;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  setEnvironment(t, { HTTP_PROXY: undefined, http_proxy: undefined });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test("a busy server is asked again when it says, in seconds or as a date", async (t) => {
  const inThreeSeconds = () => new Date(Date.now() + 3000).toUTCString();
  for (const [status, retryAfter] of [
    [503, () => "2"],
    [429, inThreeSeconds],
    [408, () => "2"],
  ] as const) {
    const url = await busyServer(t, status, retryAfter);
    const before = Date.now();
    const { content } = await persistently(() => request(url));
    assert.equal(await text(content), "answer");
    assert.ok(Date.now() - before >= 1990, `${status}`);
  }
});

test("a header Retry-After that says nothing, or was long ago, asks for no pause", async (t) => {
  for (const header of ["soon", "", "-5", new Date(0).toUTCString()]) {
    const url = await busyServer(t, 503, () => header);
    const lost = (error: unknown) => error instanceof ConnectionLost && error.pause === 0;
    await assert.rejects(request(url), lost, header);
  }
});

test("a pause grows with the tries that bring nothing, and is no longer than a minute for a server", () => {
  assert.deepEqual(
    [0, 1, 2].map((idle) => pauseAfter(idle, 0)),
    [250, 500, 1000],
  );
  assert.equal(pauseAfter(1, 5000), 5000);
  assert.equal(pauseAfter(1, 1e12), 60_000);
});

test("a server that begins anew each time, and brings no more than before, is given up", async () => {
  const sizes = [20, 10, 20, 10, 20];
  let size = 0;
  let tries = 0;
  const attempt = async () => {
    size = sizes[tries++]!;
    throw new ConnectionLost("cut");
  };
  const call = persistently(attempt, { tries: 2, size: () => size });
  await assert.rejects(call, { code: "ERR_RUNTIME", message: "cut" });
  assert.equal(tries, 3);
});

test("an abort ends a pause with the signal's reason", async (t) => {
  const url = await busyServer(t, 503, () => "3600");
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 100);
  await assert.rejects(
    persistently(() => request(url), { signal: controller.signal }),
    /^Error: enough$/,
  );
});
