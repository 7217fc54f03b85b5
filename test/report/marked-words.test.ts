import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "../../lib/report/html.js";
import { markedWords } from "../../lib/report/sections/marked-words.js";
import { elementsOf } from "./markup.js";

const word = (text: number, start: number, end: number, attribution: number | null) => ({
  ...{ text, start, end, attribution },
});

test("the words of a text that add the most are marked, with their numbers; texts are no markup", () => {
  const text = "a <good> & dull film";
  const words = [
    word(0, 0, 1, 0.01),
    word(0, 3, 7, 1),
    word(1, 0, 1, 2),
    word(0, 11, 15, -0.5),
    word(0, 16, 20, null),
  ];
  const { markup } = html`<p>${markedWords(text, 0, { isComplete: true, words })}</p>`;
  assert.equal(
    markup,
    '<p>a &lt;<mark class="for strength-3">good<sub>+1.0</sub></mark>&gt; &amp; ' +
      '<mark class="against strength-2">dull<sub>−0.5</sub></mark> film</p>',
  );
  assert.equal(elementsOf(markup)[0]!.text, "a <good+1.0> & dull−0.5 film");
});

test("a text whose words add nothing is as it was", () => {
  const { markup } = html`${markedWords("a film", 0, { isComplete: true, words: [word(0, 0, 1, 0)] })}`;
  assert.equal(markup, "a film");
});
