import { thisPlatform } from "./platform.js";

/**
 * Whether an environment marker of PEP 508 holds on this machine, such as
 * `(sys_platform == "linux" or sys_platform == "win32") and extra == "cudart"`. What it asks of Python holds: none will run.
 */
export function holds(marker: string, extra: string): boolean {
  const values: Record<string, string> = {
    extra,
    os_name: "posix",
    platform_machine: thisPlatform().processor,
    platform_system: "Linux",
    sys_platform: "linux",
  };
  const tokens = marker.match(/\(|\)|'[^']*'|"[^"]*"|[<>=!~]+|\w+/g) ?? [];
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
    next++; // the closing parenthesis
    return value;
  }

  function comparison(): boolean {
    const [left, operator, right] = [operand(), tokens[next++], operand()];
    if (left === undefined || right === undefined) return true;
    if (operator === "==") return left === right;
    if (operator === "!=") return left !== right;
    throw new Error(`Expected == or != in the marker "${marker}" but received "${operator}"`);
  }

  /** The text in quotes, or the value of a name; undefined for a name of Python's. */
  function operand(): string | undefined {
    const token = tokens[next++] ?? "";
    return /^['"]/.test(token) ? token.slice(1, -1) : values[token];
  }

  return either();
}
