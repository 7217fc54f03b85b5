import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeWholeFile } from "../../files/whole-file.js";
import type { Gpu } from "../../runtime/cuda.js";
import { driverVersion } from "../../runtime/driver-version.js";
import { loadedFingerprint } from "../../runtime/load.js";
import { cacheFolder } from "../../runtime/paths.js";
import type { Verdict } from "./verdict.js";

const verdictSchema = z.object({
  right: z.array(z.string()),
  wrong: z.array(z.object({ name: z.string(), problem: z.string() })),
});

/** What was found on GPUs of this kind, with this driver and these very libraries; null where nothing was, or it cannot be read. */
export function recallVerdict(gpu: Gpu): Verdict | null {
  try {
    return verdictSchema.parse(JSON.parse(readFileSync(fileFor(gpu), "utf8")));
  } catch {
    return null; // they are tried again
  }
}

export function rememberVerdict(gpu: Gpu, verdict: Verdict): void {
  const file = fileFor(gpu);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeWholeFile(file, `${JSON.stringify({ gpu: gpu.name, ...verdict }, null, 2)}\n`, "LIBBERT_CACHE");
  } catch {
    // A cache that cannot be written only means that the next process tries again.
  }
}

function fileFor({ name, capability }: Gpu): string {
  const kind = JSON.stringify([name, capability, driverVersion(), loadedFingerprint()]);
  return join(
    cacheFolder(),
    "kernels",
    `${createHash("sha256").update(kind).digest("hex").slice(0, 32)}.json`,
  );
}
