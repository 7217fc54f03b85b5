import { LibbertError } from "../../errors.js";
import { thisProcessor } from "./platform.js";

/** Names that a marker may ask for, with their values; undefined for what it asks of Python and of the kernel. */
type Values = ReadonlyMap<string, string | undefined>;

/**
 * Whether an environment marker of PEP 508 holds on this machine, such as
 * `(sys_platform == "linux" or sys_platform == "win32") and extra == "cudart"`. What it asks of Python holds: none will run.
 * @throws LibbertError `ERR_RUNTIME` for what is no marker, and for comparisons other than ==, !=, in and not in
 */
export function holds(marker: string, extra: string): boolean {
  const values = valuesWith(extra);
  const tokens = marker.match(/'[^']*'|"[^"]*"|not\s+in\b|[<>=!~]+|\w+|\S/g) ?? [];
  let next = 0;

  function either(): boolean {
    let value = both();
    while (tokens[next] === "or") {
      next++;
      value = both() || value;
    }
    return value;
  }

  function both(): boolean {
    let value = single();
    while (tokens[next] === "and") {
      next++;
      value = single() && value;
    }
    return value;
  }

  function single(): boolean {
    if (tokens[next] !== "(") return comparison();
    next++;
    const value = either();
    if (tokens[next++] !== ")") throw refusal("a closing parenthesis", next - 1);
    return value;
  }

  function comparison(): boolean {
    const left = operand();
    const operator = tokens[next++]?.replace(/\s+/, " ") ?? "";
    const right = operand();
    if (!OPERATORS.test(operator)) throw refusal("a comparison", next - 2);
    if (left === undefined || right === undefined) return true;
    switch (operator) {
      case "==":
        return left === right;
      case "!=":
        return left !== right;
      case "in":
        return right.includes(left);
      case "not in":
        return !right.includes(left);
      default:
        throw refusal("==, !=, in or not in", next - 2);
    }
  }

  /** The text in quotes, or the value of a name. */
  function operand(): string | undefined {
    const token = tokens[next++] ?? "";
    if (/^['"]./.test(token)) return token.slice(1, -1);
    if (!values.has(token)) throw refusal("a text in quotes or a name of PEP 508", next - 1);
    return values.get(token);
  }

  function refusal(what: string, place: number): LibbertError {
    const received = tokens[place] ?? "its end";
    return new LibbertError(
      "ERR_RUNTIME",
      `Expected ${what} in the marker ${marker.trim()} but received ${received}`,
    );
  }

  const value = either();
  if (next < tokens.length) throw refusal("and, or, or the end", next);
  return value;
}

const OPERATORS = /^([<>]=?|===?|!=|~=|(not )?in)$/;

function valuesWith(extra: string): Values {
  return new Map([
    ["extra", extra],
    ["os_name", "posix"],
    ["platform_machine", thisProcessor()],
    ["platform_system", "Linux"],
    ["sys_platform", "linux"],
    ["implementation_name", undefined],
    ["implementation_version", undefined],
    ["platform_python_implementation", undefined],
    ["platform_release", undefined],
    ["platform_version", undefined],
    ["python_full_version", undefined],
    ["python_version", undefined],
  ]);
}
