/**
 * A process that changes the files of a directory together, and writes one more beside them.
 *
 *     node change-directory.js DIRECTORY VERSION
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openOutputDirectory } from "../../lib/files/output-directory.js";
import { writeWholeFile } from "../../lib/files/whole-file.js";

const [directory, version] = process.argv.slice(2) as [string, string];
try {
  using output = await openOutputDirectory(directory, { overwrite: true });
  await output.change("files", {
    write(staging) {
      mkdirSync(join(staging, "1_Pooling"));
      for (const name of ["config.json", "model.safetensors", "1_Pooling/config.json", `${version}.txt`])
        writeFileSync(join(staging, name), version);
    },
    replaces: (name) => /^(old|new|newer)\.txt$/.test(name),
  });
  writeWholeFile(join(directory, "beside"), version, "outputDir");
} catch (error) {
  const { code, option, message } = error as Error & { code?: string; option?: string };
  console.error(JSON.stringify({ code, option, message }));
  process.exitCode = 1;
}
