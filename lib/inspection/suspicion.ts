import type { LabelErrors } from "./report.js";

/** A suspected label and what it should rather be, in words. */
export function suspicionOf(suspect: LabelErrors["suspects"][number]): { label: string; suggested: string } {
  if ("labels" in suspect) return { label: listed(suspect.labels), suggested: listed(suspect.suggested) };
  const [label, suggested] = [suspect.label, suspect.suggested].map((one) => JSON.stringify(one));
  if (!("word" in suspect)) return { label: label!, suggested: suggested! };
  return { label: `${JSON.stringify(suspect.word)} ${label}`, suggested: suggested! };
}

function listed(labels: readonly string[]): string {
  return labels.map((label) => JSON.stringify(label)).join(", ") || "nothing";
}
