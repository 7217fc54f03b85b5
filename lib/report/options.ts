import { z } from "zod";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";

/** Options of `report()`. */
export const reportOptions = z.strictObject({
  runs: z
    .union([pathField(), z.array(pathField()).min(1)], "the path of a folder, or several")
    .describe("folders that runs have written to; several are compared on one page")
    .register(optionMeta, { isPath: true }),
  output: pathField()
    .optional()
    .describe("file to write the page to; several runs need one")
    .register(optionMeta, { defaultText: "`report.html` beside the run's files", isPath: true }),
});
