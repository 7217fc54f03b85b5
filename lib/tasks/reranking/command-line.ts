import { ROW_FILES } from "../../data/readers/rows.js";
import type { Files, Format } from "../../options/row-options.js";
import { asCell } from "../../text-format.js";
import type { TaskCommandLine } from "../spec.js";
import { givenText, textFlags } from "../texts/command-line.js";
import { countingTruncated } from "../texts/count-truncated.js";
import { mistakeText } from "../texts/report-text.js";
import { type RankingColumns, rankingTextColumns } from "./columns.js";
import type { RankingInput, RankingPrediction } from "./prediction.js";
import { readRankingInputs } from "./rows.js";

/** Queries with documents and their scores: a line for each document of a list, too. */
export const rankingCommandLine: TaskCommandLine<RankingInput, RankingPrediction> = {
  flags: { ...textFlags, columns: rankingTextColumns },
  given: "text",
  inputOf: (flags) => givenText(flags) as RankingInput, // a text alone is refused as an input
  extensions: ROW_FILES,
  inputsOf: pairsOfFiles,
  text: () =>
    countingTruncated({
      line: (input, { score }) => `${[score.toFixed(4), ...pairOf(input).map(asCell)].join("\t")}\n`,
    }),
  json: () => ({
    line(input, prediction) {
      const [query, document] = pairOf(input);
      return `${JSON.stringify({ query, document, ...prediction })}\n`;
    },
  }),
  report: mistakeText,
};

/** Labels are not needed. @throws LibbertError ERR_DATA */
function pairsOfFiles(
  files: Files,
  reading: { columns?: RankingColumns; columnNames?: string[]; format?: Format },
): AsyncGenerator<RankingInput[]> {
  const { columns, columnNames, format } = reading;
  return readRankingInputs(files, { columns, columnNames, format });
}

/** The two texts of an input. */
export function pairOf(input: RankingInput): readonly [query: string, document: string] {
  return "query" in input ? [input.query, input.document] : input;
}
