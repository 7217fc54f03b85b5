import { assets } from "./assets.js";
import type { Section } from "./elements.js";
import { type Content, html, trustedHtml } from "./html.js";

/** What a page shows. */
export interface Report {
  title: string;
  /** A line below the title. */
  subtitle: Content;
  sections: readonly Section[];
}

export interface PageOptions {
  /** The version that wrote it. */
  version: string;
  /** Whether it asks the server that it comes from for newer ones. */
  isWatching?: boolean;
}

/**
 * A report as one file: scripts and styles stand in it, and it may connect to nothing. It can be read without the scripts, which
 * draw charts of the numbers in its tables.
 */
export function page({ title, subtitle, sections }: Report, { version, isWatching }: PageOptions): string {
  const { styles, scripts, licence } = assets();
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(({ source }) => source).join(" ")}`,
    `style-src ${styles.map(({ source }) => source).join(" ")}`,
    "img-src data:",
    ...(isWatching ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`${trustedHtml("<!doctype html>")}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trustedHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="libbert ${version}">
<title>${title}</title>
<link rel="icon" href="data:,">
${styles.map(({ text }) => trustedHtml(`<style>${text}</style>\n`))}</head>
<body>
<a class="skip" href="#content">To the content</a>
<main id="content">
<header>
<h1>${title}</h1>
<p class="soft">${subtitle}</p>
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
${sections.map(
  ({ id, title, content }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`,
)}</main>
<footer>
${isWatching && html`<p id="watch" role="status">This page follows the run.</p>`}
<noscript><p>The charts need JavaScript; all of their numbers are in the tables.</p></noscript>
<p>Written by libbert ${version}. This page loads nothing, and connects to nothing${isWatching && " but the command that serves it"}.</p>
<details><summary>Licence of uPlot, which draws the charts</summary><pre>${licence}</pre></details>
</footer>
${scripts.map(({ text }) => trustedHtml(`<script>${text}</script>\n`))}</body>
</html>
`.markup;
}
