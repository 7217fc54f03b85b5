import { describe, LibbertError } from "../../errors.js";

/**
 * Whether a version meets a specifier of PEP 440, such as `==13.0.96.*` or `<14,>=13.0.88`. Pre-releases and the like meet
 * none but their own text (`===`).
 * @throws LibbertError `ERR_RUNTIME` for what is no specifier
 */
export function meets(version: string, specifier: string): boolean {
  return specifier
    .split(",")
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "")
    .every((clause) => meetsClause(version, clause));
}

/** Orders versions by their numbers, and those with the same ones by what follows a plus. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [split(a), split(b)];
  if (!first || !second) return 0;
  return compareNumbers(first.numbers, second.numbers) || first.label.localeCompare(second.label, "en");
}

function meetsClause(version: string, clause: string): boolean {
  const [, operator, operand] = /^(===|~=|[=!<>]=|[<>])\s*(\S+)$/.exec(clause) ?? [];
  if (!operator || !operand) {
    const message = `Expected a specifier of versions but received ${describe(clause)}`;
    throw new LibbertError("ERR_RUNTIME", message);
  }
  if (operator === "===") return version === operand;
  const received = split(version);
  if (!received) return false;
  if (operand.endsWith(".*")) {
    const isBelow = startsWith(received.numbers, split(operand.slice(0, -2))?.numbers ?? []);
    return operator === "==" ? isBelow : !isBelow;
  }
  const wanted = split(operand);
  if (!wanted) return false;
  const order = compareNumbers(received.numbers, wanted.numbers);
  switch (operator) {
    case "==":
      return order === 0 && (wanted.label === "" || wanted.label === received.label);
    case "!=":
      return order !== 0;
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    default: // ~=
      return order >= 0 && startsWith(received.numbers, wanted.numbers.slice(0, -1));
  }
}

/** `2.13.0+cpu` → its numbers and its label; undefined for what is no plain release. */
function split(version: string): { numbers: number[]; label: string } | undefined {
  const [, numbers, label = ""] = /^v?(\d+(?:\.\d+)*)(?:\+(.+))?$/.exec(version) ?? [];
  return numbers === undefined ? undefined : { numbers: numbers.split(".").map(Number), label };
}

/** The shorter one counts as continued with zeros. */
function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function startsWith(numbers: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((number, i) => (numbers[i] ?? 0) === number);
}
