import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Sizes } from "./settings.js";

/** The same data with only the first rows of SST-2. @returns its directory, in `folder` */
export function writeQuickData(folder: string, data: string, { sst2Rows, sentences }: Sizes): string {
  const quick = join(folder, "data");
  mkdirSync(join(quick, "sst2"), { recursive: true });
  for (const name of ["corpus", "vocab"]) symlinkSync(resolve(data, name), join(quick, name));
  for (const [file, rows] of Object.entries({ train: sst2Rows, dev: sentences })) {
    const lines = readFileSync(join(data, `sst2/${file}.tsv`), "utf8").split("\n");
    writeFileSync(join(quick, `sst2/${file}.tsv`), `${lines.slice(0, 1 + rows).join("\n")}\n`);
  }
  return quick;
}
