import { describe, LibbertError } from "../../errors.js";
import { holds } from "./marker.js";

/** What a package must be: `cuda-toolkit[cudart,cupti]==13.0.3`. */
export interface Requirement {
  /** As indexes spell it: in lower case, with hyphens. */
  name: string;
  /** Parts of the package that are optional and wanted. */
  extras: string[];
  /** For example `==13.0.3`; empty for any version. */
  specifier: string;
}

/**
 * Reads a requirement without a marker.
 * @throws LibbertError `ERR_RUNTIME`
 */
export function parseRequirement(text: string): Requirement {
  const [, name, extras = "", specifier = ""] =
    /^\s*([\w.-]+)\s*(?:\[([^\]]*)\])?\s*\(?([<>=!~][^()]*)?\)?\s*$/.exec(text) ?? [];
  if (name === undefined) {
    const message = `Expected a requirement of a package but received ${describe(text)}`;
    throw new LibbertError("ERR_RUNTIME", message);
  }
  return {
    name: normalized(name),
    extras: extras.split(/\s*,\s*/).filter(Boolean),
    specifier: specifier.trim(),
  };
}

/** PEP 503's spelling of a package's name. */
export function normalized(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** What a package requires on this machine, from its METADATA, together with these extras of it. */
export function requirementsOf(metadata: string, extras: readonly string[]): Requirement[] {
  return [...metadata.matchAll(/^Requires-Dist:\s*([^;\n]+)(?:;(.*))?$/gm)]
    .filter(([, , marker]) => marker === undefined || ["", ...extras].some((extra) => holds(marker, extra)))
    .map(([, requirement]) => parseRequirement(requirement!));
}
