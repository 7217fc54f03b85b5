import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { packageRoot } from "../runtime/paths.js";

/** A script or a style sheet that stands in the page. */
interface Asset {
  text: string;
  /** By which the page's policy knows it. */
  source: string;
}

/** What every page has beside its content. */
export interface Assets {
  styles: readonly Asset[];
  scripts: readonly Asset[];
  /** uPlot's, which asks to be wherever a copy of it is. */
  licence: string;
}

let loaded: Assets | undefined;

/** Reads the scripts and styles, once. */
export function assets(): Assets {
  loaded ??= readAssets();
  return loaded;
}

function readAssets(): Assets {
  const uplot = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  const own = join(packageRoot, "lib/report/page");
  const read = (path: string) => readFileSync(path, "utf8");
  return {
    styles: [join(uplot, "dist/uPlot.min.css"), join(own, "style.css")].map((path) => asset(read(path))),
    scripts: [join(uplot, "dist/uPlot.iife.min.js"), join(own, "charts.js")].map((path) => asset(read(path))),
    licence: read(join(uplot, "LICENSE")),
  };
}

function asset(text: string): Asset {
  const hash = createHash("sha256").update(text).digest("base64");
  return { text, source: `'sha256-${hash}'` };
}
