import type { Section } from "../../report/elements.js";
import { page } from "../../report/page.js";
import { libbertVersion } from "../../runtime/versions.js";
import { counted } from "../../text-format.js";
import type { Inspection } from "../report.js";
import { findingSection, findingsSection } from "./finding-sections.js";
import { rowsSection } from "./rows-section.js";
import { suspectsSection } from "./suspects-section.js";

/** What was found, where, and what there is in all. */
export function pageOfInspection(inspection: Inspection): string {
  const { task, data, against, findings, labelErrors } = inspection;
  const others = against === null ? "" : `, beside ${counted(against.rows, "row")}`;
  const withExamples = findings.filter(({ kind }) => labelErrors === null || kind !== "wrong-label");
  const sections: (Section | null)[] = [
    findingsSection(findings),
    ...withExamples.map(findingSection),
    labelErrors && suspectsSection(labelErrors),
    rowsSection("data", data),
    against && rowsSection("against", against),
  ];
  const report = {
    title: `Inspection: ${counted(data.rows, "row")}`,
    subtitle: `Of the task ${task}${others}.`,
    sections: sections.filter((section) => section !== null),
  };
  return page(report, { version: libbertVersion() });
}
