import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig, type UserConfig } from "vitepress";
import { anchorOf, useLinksOfSite } from "./links.ts";
import { writeTextsForModels } from "./llms.ts";
import { placeOf, sections, titleOf } from "./pages.ts";

/** TypeDoc's list of its pages, which is there when it has run. */
const API = new URL("../api/typedoc-sidebar.json", import.meta.url);
const api: DefaultTheme.SidebarItem[] = existsSync(API) ? JSON.parse(readFileSync(API, "utf8")) : [];

const sidebar: DefaultTheme.SidebarItem[] = sections.map(({ title, pages }, index) => ({
  text: title,
  collapsed: index > 1,
  items: pages.map((page) => ({ text: titleOf(page), link: `/${placeOf(page)}` })),
}));

/** Vite's plugin, whose type VitePress does not export by itself. */
type Plugin = Extract<NonNullable<NonNullable<UserConfig["vite"]>["plugins"]>[number], { name: string }>;

/** Pages lie outside this folder, where Vue is not found from them. */
const vueFromHere: Plugin = {
  name: "vue-from-here",
  enforce: "pre",
  resolveId(id, importer, options) {
    if (!/^vue($|\/)/.test(id) || !importer?.endsWith(".md")) return null;
    return this.resolve(id, fileURLToPath(import.meta.url), { ...options, skipSelf: true });
  },
};

/** A letter, so that browsers ask for no other icon. */
const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><text y='13' font-size='15'>𝐛</text></svg>";

/** What of the repository is no page of the site. */
const NO_PAGES = ["{cmake,lib,native,packaging,test,variants,runs}/**", "site/!(api)/**"];

export default defineConfig({
  title: "libbert",
  description: "Train and run BERT in Node.js",
  lang: "en",
  head: [["link", { rel: "icon", href: ICON }]],
  srcDir: "..",
  srcExclude: NO_PAGES,
  rewrites: (path) => placeOf(path) ?? path,
  markdown: { anchor: { slugify: anchorOf }, config: useLinksOfSite },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/" },
      { text: "Options", link: "/options" },
      { text: "API", link: "/api/" },
    ],
    sidebar: { "/": sidebar, "/api/": [{ text: "API", link: "/api/", items: api }] },
    outline: [2, 3],
    search: { provider: "local" },
  },
  vite: {
    plugins: [vueFromHere],
    server: { watch: { ignored: ["**/.venv/**", "**/{dist,node_modules,runs,variants}/**"] } },
  },
  buildEnd: ({ outDir }) => writeTextsForModels(outDir),
});
