import { type Section, table } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { Variant } from "../read/results.js";
import { curvesOf, updatesSideBySide } from "../side-by-side.js";
import { spreadText } from "../spread-text.js";
import { differingOptions } from "./configuration.js";

/** What each variant came to. */
export function variantsSection(variants: readonly Variant[]): Section | null {
  if (variants.length === 0) return null;
  const rows = variants.map(
    ({ variant, seeds, mlmAccuracy, nspAccuracy, perplexity, trainLoss }): Content[] => [
      variant,
      dataOf(seeds),
      ...[mlmAccuracy, nspAccuracy, perplexity, trainLoss].map(spreadText),
    ],
  );
  return {
    id: "variants",
    title: "Variants",
    content: table({
      caption: "Each variant over its seeds, mean ± sample standard deviation",
      head: [
        "variant",
        "seeds",
        "masked-word accuracy",
        "next-sentence accuracy",
        "perplexity",
        "training loss",
      ],
      rows,
    }),
  };
}

/** The losses of the variants beside each other, each the mean over its seeds. */
export function variantCurvesSection(variants: readonly Variant[]): Section | null {
  const named = variants.map(({ variant, runs }) => ({
    name: variant,
    courses: runs.map(({ course }) => course),
  }));
  return curvesOf(
    [
      updatesSideBySide("variants-masked", "Masked-word loss", named, ({ mlmLoss }) => mlmLoss),
      updatesSideBySide("variants-next", "Next-sentence loss", named, ({ nspLoss }) => nspLoss),
    ],
    html`<p>A line is the mean over the variant's seeds.</p>`,
  );
}

/** The training of each seed. */
export function variantRunsSection(variants: readonly Variant[]): Section | null {
  const rows = variants.flatMap(({ variant, runs }) =>
    runs.map(({ name, metrics, course }): Content[] => [
      variant,
      name,
      ...["mlmAccuracy", "nspAccuracy", "perplexity"].map((figure) =>
        dataOf(metrics?.[figure] as number | undefined),
      ),
      dataOf(course.updates.at(-1)?.loss),
    ]),
  );
  if (rows.length === 0) return null;
  const head = [
    "variant",
    "run",
    "masked-word accuracy",
    "next-sentence accuracy",
    "perplexity",
    "training loss",
  ];
  const caption = "Each run; its folder has a report of its own";
  return { id: "runs", title: "Runs", content: table({ caption, head, rows, textColumns: [0, 1] }) };
}

/** Options by which the variants differ. */
export function variantOptionsSection(variants: readonly Variant[]): Section | null {
  const named = variants.flatMap(({ variant, runs: [first] }) =>
    first?.origin ? [{ name: variant, options: withoutOwn(first.origin.options) }] : [],
  );
  if (named.length < 2) return null;
  return { id: "options", title: "Options", content: differingOptions(named) };
}

/** Without what the comparison sets itself. */
function withoutOwn({ outputDir: _, seed: _s, ...options }: Readonly<Record<string, unknown>>) {
  return options;
}
