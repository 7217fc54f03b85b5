/** Letters and digits of scripts that set words apart; others, such as Chinese, may break anywhere. */
const PART_OF_WORD =
  /^(?![\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}])[\p{L}\p{M}\p{N}]/u;

/** Whether a place in a text, in UTF-16 units, has parts of one word on both of its sides. */
export function isInsideWord(text: string, place: number): boolean {
  if (place <= 0 || place >= text.length) return false;
  const before = text.slice(isLowSurrogate(text.charCodeAt(place - 1)) ? place - 2 : place - 1, place);
  return PART_OF_WORD.test(before) && PART_OF_WORD.test(text.slice(place, place + 2));
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
