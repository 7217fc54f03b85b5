import assert from "node:assert/strict";
import { test } from "node:test";
import { encodingFaults } from "../../lib/inspection/encoding-faults.js";

const kindsOf = (text: string) => encodingFaults(text).map(({ kind }) => kind);

/** What a text in UTF-8 becomes when it is read as Windows-1252. */
function misread(text: string): string {
  return new TextDecoder("windows-1252").decode(new TextEncoder().encode(text));
}

test("text in UTF-8 that was read as Windows-1252 is found", () => {
  for (const text of [
    "café",
    "naïve",
    "Ärger",
    "£5",
    "it’s",
    "a – b",
    "“so”",
    "привет",
    "très cher…",
    "fun 😀",
    "CAFÉ",
  ])
    assert.deepEqual(kindsOf(misread(text)), ["mojibake"], misread(text));
});

test("letters with accents, quotes and symbols as they should be are no faults", () => {
  const texts = [
    "“CAFÉ”, ‘NÃO’… MAÇÃ – ESPAÑA",
    "Ângela está à espera; São Paulo; naïve façade Île",
    "ÐURÐUR Ýmir ñandú Ñuñoa",
    "привет мир, 你好, नमस्ते, می‌خواهم, 👩‍👩‍👧",
    "tabs\tand\r\nlines, C'était â l'œuvre",
  ];
  for (const text of texts) assert.deepEqual(encodingFaults(text), [], text);
});

test("what could not be decoded, halves of characters, control and invisible characters are found, with their place", () => {
  assert.deepEqual(encodingFaults("caf\ufffd au lait"), [
    {
      kind: "replacement-character",
      what: "texts with U+FFFD, which stands for what could not be decoded",
      detail: 'U+FFFD at 4: "caf\ufffd au lait"',
    },
  ]);
  assert.deepEqual(kindsOf("half \ud83d of it"), ["unpaired-surrogate"]);
  assert.deepEqual(kindsOf("other half \ude00"), ["unpaired-surrogate"]);
  assert.deepEqual(kindsOf("bell \u0007"), ["control-character"]);
  assert.deepEqual(kindsOf("\ufeffstart"), ["invisible-character"]);
  assert.deepEqual(kindsOf("zero\u200bwidth"), ["invisible-character"]);
  assert.deepEqual(kindsOf("\ufffd\u0000\u2060"), [
    "replacement-character",
    "control-character",
    "invisible-character",
  ]);
});
