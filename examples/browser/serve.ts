import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { isInside } from "../../lib/files/inside.js";
import { packageRoot } from "../../lib/runtime/paths.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/**
 * Serves a page that classifies texts in the browser, with all that it needs: an exported model, transformers.js and onnxruntime.
 *
 * @param model directory that `exportOnnx()` wrote
 * @param port 0 for any that is free
 */
export async function servePage(model: string, port: number): Promise<Server> {
  const modules = join(packageRoot, "node_modules");
  const folders: Readonly<Record<string, string>> = {
    model,
    transformers: join(modules, "@huggingface/transformers/dist"),
    onnxruntime: join(modules, "onnxruntime-web/dist"),
  };
  const fileOf = (path: string): string | undefined => {
    if (path === "/") return join(packageRoot, "examples/browser/page.html");
    const [, folder, file] = /^\/(\w+)\/(.*)$/.exec(path) ?? [];
    const known = folder !== undefined && Object.hasOwn(folders, folder) ? folders[folder] : undefined;
    return known !== undefined && isInside(file!) ? join(known, file!) : undefined;
  };
  const server = createServer(async ({ url }, response) => {
    const file = fileOf(pathIn(url!));
    const content = file === undefined ? null : await readFile(file).catch(() => null);
    const type = TYPES[extname(file ?? "")] ?? "application/octet-stream";
    response.writeHead(content === null ? 404 : 200, { "content-type": type }).end(content);
  });
  await new Promise<void>((listening) => server.listen(port, "localhost", listening));
  return server;
}

/** Empty for what is no address. */
function pathIn(url: string): string {
  try {
    return decodeURI(new URL(url, "http://localhost").pathname);
  } catch {
    return "";
  }
}
