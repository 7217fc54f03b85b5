import type { Manifest } from "./pack.js";

const HEADINGS = ["variant", "file", "KiB", "glibc", "GLIBCXX", "CXXABI", "needed libraries"];

/** What the binaries need, a row each, as a Markdown table. */
export function table(manifests: Manifest[]): string {
  const rows = manifests.flatMap(({ variant, binaries }) =>
    binaries.map(({ file, bytes, highest, needed }) => [
      variant,
      file,
      String(Math.round(bytes / 1024)),
      ...[highest.GLIBC, highest.GLIBCXX, highest.CXXABI].map((version) => version ?? ""),
      needed.join(" "),
    ]),
  );
  const lines = [HEADINGS, HEADINGS.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
