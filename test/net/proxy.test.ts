import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { request } from "../../lib/net/request.js";
import { setEnvironment } from "../runtime/fakes.js";
import { startIndex } from "../runtime/wheels/index-server.js";
import { makeTorch } from "../runtime/wheels/make-wheel.js";

test("a proxy that the environment names is asked for what NO_PROXY does not name", async (t) => {
  const index = await startIndex(t, [makeTorch()]);
  const tunnels: string[] = [];
  const proxy = createServer().on("connect", (asked, socket) => {
    tunnels.push(asked.url!);
    const { port } = new URL(index.url);
    const server = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      server.pipe(socket).pipe(server);
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  setEnvironment(t, {
    http_proxy: undefined,
    HTTP_PROXY: address,
    no_proxy: undefined,
    NO_PROXY: "127.0.0.1",
  });
  const { content } = await request(new URL("http://index.invalid/simple/torch/"));
  assert.match(await text(content), /"name":"torch"/);
  assert.deepEqual(tunnels, ["index.invalid:80"]);
  await text((await request(new URL(`${index.url}/torch/`))).content);
  assert.equal(tunnels.length, 1);
});

test("where a proxy refuses, the error says that it was the proxy", async (t) => {
  const proxy = createServer().on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  setEnvironment(t, { http_proxy: undefined, HTTP_PROXY: address, no_proxy: undefined, NO_PROXY: undefined });
  await assert.rejects(request(new URL("http://index.invalid/simple/torch/")), {
    message:
      /^Expected an answer from http:\/\/index\.invalid\/simple\/torch\/ but received Proxy response \(403\)/,
  });
});

test("a proxy that is no address is refused by the name of its variable, without its password", async (t) => {
  setEnvironment(t, { http_proxy: undefined, HTTP_PROXY: undefined, https_proxy: undefined });
  for (const [address, shown] of [
    ["localhost:3128", "localhost:3128"],
    ["me:secret@localhost:3128", "localhost:3128"],
    ["http://me:se/secret@localhost:3128", "http://localhost:3128"],
    ["http://me:secret%@localhost:3128", "http://localhost:3128"],
  ]) {
    process.env.HTTPS_PROXY = address;
    await assert.rejects(request(new URL("https://index.invalid/")), {
      name: "LibbertError",
      code: "ERR_RUNTIME",
      message: `Expected a proxy's address, such as http://localhost:3128, for HTTPS_PROXY but received "${shown}"`,
    });
  }
});

test("no connection is left open behind an answer, be it read, broken off or a refusal", async (t) => {
  const index = await startIndex(t, [makeTorch()]);
  const ask = (path: string) => request(new URL(`${index.url}/${path}/`));
  await text((await ask("torch")).content);
  for await (const _ of (await ask("torch")).content) break;
  await assert.rejects(ask("none"));
  await index.untilUnconnected();
});
