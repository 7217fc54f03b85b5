import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Content, html, trustedHtml } from "../../lib/report/html.js";
import { elementsOf } from "./markup.js";

test("whatever a text holds, it is a text in the page, and the value of an attribute", () => {
  const pieces = fc.constantFrom(
    "<",
    ">",
    '"',
    "'",
    "&",
    "&lt;",
    "</script>",
    "<img onerror=a>",
    "-->",
    "a",
    " ",
    "é",
  );
  const texts = fc.array(pieces).map((all) => all.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const [element, ...others] = elementsOf(html`<p title="${text}">${text}</p>`.markup);
      assert.deepEqual(element, { name: "p", attributes: { title: text }, text });
      assert.deepEqual(others, []);
    }),
  );
});

test("markup and lists go into a template as they are, and nothing is written of what is not there", () => {
  const items: Content[] = ["<", html`<b>${1}</b>`, null, undefined, false, [2, trustedHtml("<hr/>")]];
  assert.equal(html`<p>${items}</p>`.markup, "<p>&lt;<b>1</b>2<hr/></p>");
});
