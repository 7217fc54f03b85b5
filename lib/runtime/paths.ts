import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package: the one with `CMakeLists.txt`, `native/` and `variants/`. */
export const packageRoot = fileURLToPath(new URL("../../../", import.meta.url)); // from dist/lib/runtime/

/** Where libbert keeps what it fetches: `LIBBERT_CACHE`, else `XDG_CACHE_HOME/libbert`, else `~/.cache/libbert`. */
export function cacheFolder(): string {
  const { LIBBERT_CACHE, XDG_CACHE_HOME } = process.env;
  if (LIBBERT_CACHE) return resolve(LIBBERT_CACHE);
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "libbert");
}

/** Whether a program of this name can be started from the `PATH`. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
