import { labelIdOf } from "../../data/labels.js";
import { readRows } from "../../data/readers/rows.js";
import { readTextExamples, type TextExample, type TextReading } from "../../data/text-rows.js";
import { readClassificationExamples } from "../../tasks/classification/rows.js";
import { readRegressionExamples } from "../../tasks/regression/rows.js";
import { type TextInput, textInputOf } from "../../tokenizer/text-input.js";
import type { GlueRecipe } from "./recipes.js";

/** A row of GLUE under the names that `fineTune()` and `evaluate()` know. */
export interface GlueRow {
  [column: string]: unknown;
  /** The sentence, or the first one of two. */
  text: string;
  /** The second sentence; absent for CoLA and SST-2. */
  textPair?: string;
  /** The label as the file writes it, or the score of STS-B, from 0 to 5. */
  label: string | number;
}

/**
 * The labelled rows of one of a recipe's files.
 *
 * @param onBrokenRow is told the location of a row with too few or too many columns, which QQP's file has
 * @throws LibbertError ERR_DATA, naming file and line: what cannot be read, a label that is not the task's
 */
export async function* glueRows(
  recipe: GlueRecipe,
  file: string,
  onBrokenRow: (location: string) => void,
): AsyncGenerator<GlueRow> {
  const { columnNames, hasBrokenRows } = recipe;
  const columns = await columnsOf(recipe, file);
  const broken = hasBrokenRows && { onBrokenRow };
  const reading: TextReading = { columns, columnNames, mayHaveOtherHeader: true, ...broken };
  const examples: AsyncGenerator<TextExample<string | number>[]> =
    recipe.task === "regression" ? readRegressionExamples(file, reading) : readClasses(recipe, file, reading);
  for await (const some of examples) {
    for (const { text, textPair, label } of some)
      yield { text, ...(textPair !== undefined && { textPair }), label };
  }
}

async function* readClasses(
  { labels }: GlueRecipe,
  file: string,
  reading: TextReading,
): AsyncGenerator<TextExample<string>[]> {
  const checkLabel = labelIdOf(labels); // here already, because the rows lose their file's name and line
  for await (const examples of readClassificationExamples(file, reading)) {
    for (const { label, location } of examples) checkLabel(label, location);
    yield examples;
  }
}

/** The texts of one of a recipe's test sets, which have no labels. */
export async function* glueTexts(recipe: GlueRecipe, file: string): AsyncGenerator<TextInput> {
  const { text, textPair } = await columnsOf(recipe, file);
  const reading = { columns: { text, textPair }, columnNames: recipe.columnNames, mayHaveOtherHeader: true };
  for await (const examples of readTextExamples(file, reading, () => null)) yield* examples.map(textInputOf);
}

/** Those of the recipe's columns that the file has. */
async function columnsOf(
  { columns, columnNames }: GlueRecipe,
  file: string,
): Promise<{ text?: string; textPair?: string; label?: string }> {
  for await (const [row] of readRows(file, {
    columnNames,
    mayHaveOtherHeader: true,
    limit: 1,
    onBrokenRow: () => {},
  })) {
    const { fields } = row!;
    return Object.fromEntries(Object.entries(columns).filter(([, name]) => name in fields));
  }
  return {}; // never: readRows throws where there is no row
}
