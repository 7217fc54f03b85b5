import type { OptionDescription, OptionType } from "./describe-schema.js";

/** A type as TypeScript writes it, for callers to give: arrays are read alone. `objectText` writes the objects in it. */
export function typeText(
  type: OptionType,
  objectText: (fields: readonly OptionDescription[]) => string,
): string {
  const text = (inner: OptionType) => typeText(inner, objectText);
  switch (type.kind) {
    case "name":
      return type.text;
    case "object":
      return objectText(type.fields);
    case "array":
      return `readonly ${asElement(type.element, text(type.element))}[]`;
    case "tuple":
      return `readonly [${type.elements.map(text).join(", ")}]`;
    case "record":
      return `Record<${text(type.key)}, ${text(type.value)}>`;
    case "union": {
      const members = type.members.map((member) =>
        member.kind === "union" ? text(member) : inParentheses(member, text(member)),
      );
      return [...new Set(members)].join(" | ");
    }
  }
}

/** `readonly` would be that of the outer array. */
function asElement(type: OptionType, text: string): string {
  return type.kind === "array" || type.kind === "tuple" ? `(${text})` : inParentheses(type, text);
}

/** Named types may be unions or functions, too. */
function inParentheses(type: OptionType, text: string): string {
  const isCompound = type.kind === "union" || (type.kind === "name" && / \| | & |=>/.test(text));
  return isCompound ? `(${text})` : text;
}
