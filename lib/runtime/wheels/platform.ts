/** What decides which compiled files run on this machine. */
export interface Platform {
  /** As wheels call it: `x86_64`. */
  processor: string;
  /** For example `2.36`; null where there is another C library. */
  glibc: string | null;
}

const PROCESSORS: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };

export function thisPlatform(): Platform {
  return { processor: thisProcessor(), glibc: glibcVersion() };
}

export function thisProcessor(): string {
  return PROCESSORS[process.arch] ?? process.arch;
}

let glibc: string | null | undefined;

/** The version of the C library that Node.js runs with; null where it is not glibc. */
export function glibcVersion(): string | null {
  if (glibc === undefined) glibc = readGlibcVersion();
  return glibc;
}

function readGlibcVersion(): string | null {
  const report = process.report as typeof process.report & { excludeNetwork: boolean }; // @types/node lacks it
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // else it asks for the names of all hosts that there are connections to
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime ?? null;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
