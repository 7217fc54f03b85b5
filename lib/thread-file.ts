import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LibbertError } from "./errors.js";

/**
 * The file of a thread, which lies beside the code that starts it.
 *
 * @param base where that code is: `import.meta.url`, which is empty in a bundle of CommonJS
 * @throws LibbertError ERR_RUNTIME when a bundler took the code away from the file
 */
export function threadFile(name: string, base: string | undefined): URL {
  const file = base === undefined ? null : new URL(name, base);
  if (file !== null && existsSync(fileURLToPath(file))) return file;
  throw new LibbertError(
    "ERR_RUNTIME",
    `${name} of libbert is not beside the code that starts it, as a bundler has moved that: keep libbert external ` +
      '(esbuild --external:libbert; webpack externals: [/^libbert/]; Next.js serverExternalPackages: ["libbert"]; ' +
      'Vite ssr: { external: ["libbert"] }), and install it where the bundle runs',
  );
}
