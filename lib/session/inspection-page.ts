import type { Inspection } from "../inspection/report.js";

/**
 * What `inspectData()` found as one page of HTML, which needs no other file and connects to nothing, as the reports of runs do.
 *
 * ```ts
 * await writeFile("inspection.html", await inspectionPage(await inspectData({ task: "classification", data: "train.tsv" })));
 * ```
 */
export async function inspectionPage(inspection: Inspection): Promise<string> {
  const { pageOfInspection } = await import("../inspection/page/inspection-page.js");
  return pageOfInspection(inspection);
}
