/** What decides which compiled files run on this machine. */
export interface Platform {
  /** As wheels call it: `x86_64`. */
  processor: string;
  /** For example `2.36`; null where there is another C library. */
  glibc: string | null;
}

const PROCESSORS: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };

export function thisPlatform(): Platform {
  return { processor: PROCESSORS[process.arch] ?? process.arch, glibc: glibcVersion() };
}

/** The version of the C library that Node.js runs with; null where it is not glibc. */
export function glibcVersion(): string | null {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime ?? null;
}
