import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { basename } from "node:path";

/** The families of symbol versions that decide on which system a binary loads. */
export const FAMILIES = ["GLIBC", "GLIBCXX", "CXXABI"] as const;
export type Family = (typeof FAMILIES)[number];

/** What a shared library asks of the system it is loaded on. */
export interface Binary {
  file: string;
  bytes: number;
  /** The libraries that the dynamic linker looks for (DT_NEEDED). */
  needed: string[];
  /** Folders where it looks for them first (DT_RPATH, DT_RUNPATH). */
  searched: string[];
  /** The highest symbol version of each family, for example `{ GLIBC: "2.28" }`; absent where it needs none. */
  highest: Partial<Record<Family, string>>;
  /** Whether the symbol table and the debug information are gone. */
  stripped: boolean;
}

/** Reads a shared library with binutils' objdump. */
export function readBinary(path: string): Binary {
  const headers = objdump("--private-headers", "--section-headers", path);
  const entries = (key: string) =>
    [...headers.matchAll(new RegExp(`^\\s+${key}\\s+(\\S+)$`, "gm"))].map(([, value]) => value!);
  return {
    file: basename(path),
    bytes: statSync(path).size,
    needed: entries("NEEDED"),
    searched: [...entries("RPATH"), ...entries("RUNPATH")].flatMap((value) => value.split(":")),
    highest: Object.fromEntries(
      FAMILIES.flatMap((family) => {
        const versions = [...headers.matchAll(new RegExp(`^\\s+0x.* ${family}_([\\d.]+)$`, "gm"))];
        const highest = versions
          .map(([, version]) => version!)
          .sort(compareVersions)
          .at(-1);
        return highest ? [[family, highest]] : [];
      }),
    ),
    stripped: !hasSymbolTable(path) && !/^\s+\d+ \.debug_/m.test(headers),
  };
}

/** The functions and variables that a shared library takes in a version above `limit`, as `dlopen@GLIBC_2.34`. */
export function symbolsAbove(path: string, family: Family, limit: string): string[] {
  const symbols = objdump("--dynamic-syms", path).matchAll(
    new RegExp(`\\*UND\\*.*\\b${family}_([\\d.]+)\\)?\\s+(\\S+)$`, "gm"),
  );
  return [...symbols]
    .filter(([, version]) => compareVersions(version!, limit) > 0)
    .map(([, version, name]) => `${name}@${family}_${version}`);
}

/** Orders versions by their numbers: 2.4 before 2.28. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** objdump leaves the symbol table out of its sections, but says where there is none. */
function hasSymbolTable(path: string): boolean {
  return !/^no symbols$/m.test(objdump("--syms", path));
}

function objdump(...args: string[]): string {
  const child = spawnSync("objdump", args, {
    encoding: "utf8",
    maxBuffer: 256 * 1024 ** 2,
    env: { ...process.env, LC_ALL: "C" }, // its headings are translated
  });
  if (child.status !== 0) throw child.error ?? new Error(child.stderr.trim());
  return child.stdout;
}
