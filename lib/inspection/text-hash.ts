/** Odd numbers without a pattern in their bits: the first 32 after the point of the square roots of 2 and 3. */
const ROOT_OF_2 = 0x6a09e667;
const ROOT_OF_3 = 0xbb67ae85;

/** Spreads a number's bits over all 32: the finaliser of MurmurHash3 (Appleby, 2011). */
export function mixed(bits: number): number {
  let x = bits;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** 32 bits of a text. */
export function wordHash(text: string): number {
  let hash = ROOT_OF_2;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), ROOT_OF_3);
  return mixed(hash ^ text.length);
}

/**
 * 53 bits of a text, as many as a number holds exactly: among a million different texts, the chance that any two have the same is
 * 1 in 18,000.
 */
export function textHash(text: string): number {
  let high = ROOT_OF_2;
  let low = ROOT_OF_3;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    low = Math.imul(low ^ unit, 0x85ebca77);
    high = (high << 13) | (high >>> 19);
    low = (low << 17) | (low >>> 15);
  }
  high = mixed(high ^ low ^ text.length);
  low = mixed(low ^ high);
  return (high >>> 11) * 2 ** 32 + low;
}
