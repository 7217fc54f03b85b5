import assert from "node:assert/strict";
import { test } from "node:test";
import { basicAuthentication, shown, shownText, unquoted } from "../../lib/net/address.js";

test("an address is shown without user and password, be it one or not", () => {
  assert.equal(shown(new URL("https://me:secret@host/simple/")), "https://host/simple/");
  for (const [text, bare] of [
    ["me:secret@host/simple", "host/simple"],
    ["https://me:se/cr@et@host/simple", "https://host/simple"],
    ["simple", "simple"],
  ])
    assert.equal(shownText(text!), bare);
});

test("user and password of an address are sent, one without the other too, and with a bare percent sign", () => {
  const sent = (address: string) => {
    const header = basicAuthentication(new URL(address));
    return header && Buffer.from(header.replace("Basic ", ""), "base64").toString();
  };
  assert.equal(sent("https://me:p%40ss@host"), "me:p@ss");
  assert.equal(sent("https://:token@host"), ":token");
  assert.equal(sent("https://me@host"), "me:");
  assert.equal(sent("https://me:100%@host"), "me:100%");
  assert.equal(sent("https://host"), undefined);
});

test("a part of an address in which a percent sign stands for itself stays as it is", () => {
  assert.deepEqual(["a%2Bb", "100%", "%zz"].map(unquoted), ["a+b", "100%", "%zz"]);
});
