import type { TaskInspection } from "../inspection.js";
import { readLocatedTexts } from "./rows.js";

export const maskingInspection: TaskInspection = {
  options: ["columns", "columnNames"],
  longTexts: "windows",
  counted: "labels",
  async *rows(source, { columns, ...reading }) {
    for await (const texts of readLocatedTexts(source, { ...reading, column: columns?.text }))
      yield texts.map(({ text, location }) => ({ location, inputs: [text] }));
  },
};
