interface Node {
  children: Map<number, Node>;
  /** Where its replacement begins. */
  place?: number;
}

const HAS_LEAF = 0x100;
const IS_LEAF = 0x80000000;

/** The `precompiled_charsmap` of replacements, as SentencePiece would write it. */
export function sentencePieceMap(replacements: readonly (readonly [text: string, by: string])[]): string {
  const root: Node = { children: new Map() };
  const texts: Buffer[] = [];
  let place = 0;
  for (const [text, by] of replacements) {
    let node = root;
    for (const byte of Buffer.from(text)) {
      if (!node.children.has(byte)) node.children.set(byte, { children: new Map() });
      node = node.children.get(byte)!;
    }
    node.place = place;
    texts.push(Buffer.from(`${by}\0`));
    place += texts.at(-1)!.length;
  }
  const units = doubleArray(root);
  const trie = Buffer.alloc(4 + 4 * units.length);
  trie.writeUInt32LE(4 * units.length, 0);
  for (const [index, unit] of units.entries()) trie.writeUInt32LE(unit ?? 0, 4 + 4 * index);
  return Buffer.concat([trie, ...texts]).toString("base64");
}

/** Each node's unit has its label and the way to its base; a child stands at the base XOR its byte. */
function doubleArray(root: Node): number[] {
  const units: number[] = [];
  const used = new Set([0]);
  const place = (node: Node, index: number, label: number) => {
    const labels = [...node.children.keys(), ...(node.place === undefined ? [] : [0])];
    let base = 1;
    while (labels.some((byte) => used.has(base ^ byte))) base++;
    for (const byte of labels) used.add(base ^ byte);
    const leaf = node.place === undefined ? 0 : HAS_LEAF;
    units[index] = (((index ^ base) << 10) | leaf | label) >>> 0;
    if (node.place !== undefined) units[base] = (node.place | IS_LEAF) >>> 0;
    for (const [byte, child] of node.children) place(child, base ^ byte, byte);
  };
  place(root, 0, 0);
  const blocks = Math.floor((units.length - 1) / 256) + 1;
  return Array.from({ length: 256 * blocks }, (_, index) => units[index] ?? 0);
}
