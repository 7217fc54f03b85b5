import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { allPages } from "../docs/pages.js";
import { CLASSIFIER, serverOf } from "./support.js";

const page = allPages().find(({ path }) => path === "docs/serving.md")!;

/** What a command with curl sends; the pages use these flags alone. */
function requestOf(command: string) {
  const address = /http:\/\/127\.0\.0\.1:8080(\S+)/.exec(command)![1]!;
  const body = /-d '(.*?)'/.exec(command)?.[1];
  const headers = [...command.matchAll(/-H "([\w-]+): (.*?)"/g)].map(([, name, value]) => [
    name!.toLowerCase(),
    value!,
  ]);
  const flags = command.match(/ -\w /g) ?? [];
  assert.deepEqual(
    flags.filter((flag) => ![" -H ", " -d ", " -X "].includes(flag)),
    [],
  );
  const method = body === undefined ? ("GET" as const) : ("POST" as const);
  return {
    method,
    url: address,
    payload: body,
    headers: Object.fromEntries(headers) as Record<string, string>,
  };
}

const { app } = await serverOf({ models: { search: CLASSIFIER, films: CLASSIFIER }, bearerToken: "secret" });

test("every command with curl on the page is answered", async () => {
  const commands = page.blocks.flatMap(({ lines }) => lines).filter((line) => line.startsWith("curl "));
  assert.ok(commands.length >= 6);
  for (const command of commands) {
    const { headers, ...request } = requestOf(command);
    const answer = await app.inject({ ...request, headers: { authorization: "Bearer secret", ...headers } });
    assert.equal(answer.statusCode, 200, `${command}: ${answer.body}`);
  }
});

test("every route that the page lists is there", () => {
  const routes = [...page.text.matchAll(/^\| `(GET|POST) (\/\S+)` \|/gm)];
  assert.ok(routes.length >= 10);
  for (const [, method, url] of routes)
    assert.ok(app.hasRoute({ method: method as "GET", url: url! }), `${method} ${url}`);
});
