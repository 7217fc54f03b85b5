import { figure, numberText } from "../text-format.js";
import type { CardData, CardTraining, CompleteCard } from "./card.js";
import { block, code, escaped, table } from "./markdown.js";
import { metricTitle } from "./metrics.js";

/** What people read of a card. */
export function bodyOf(card: CompleteCard): string {
  const { training } = card;
  const parts = [
    `# ${escaped(card.name)}`,
    introduction(card),
    ...usage(card),
    ...(training ? [...evaluation(training), ...trainingPart(training)] : []),
    `Written by libbert ${card.version}, which trains and runs BERT in Node.js.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function introduction({ use, architecture, base, training }: CompleteCard): string {
  const what = `${code(architecture)}: it ${use.does}.`;
  if (training === null)
    return base === null ? what : `${what} Saved as it was loaded from ${shownBase(base)}.`;
  const from = base === null ? "from a new model" : `from ${shownBase(base)}`;
  return `${what} It was ${training.how} ${from}.`;
}

function shownBase({ name, commit }: NonNullable<CompleteCard["base"]>): string {
  if (commit === null) return code(name);
  return `[${escaped(name)}](https://huggingface.co/${name}) (commit ${code(commit)})`;
}

function usage({ name, use, isSentenceModel }: CompleteCard): string[] {
  const literal = JSON.stringify(name);
  const parts = [
    "## Use",
    `Here ${code(name)} is the model's folder, or its name on the Hub. With libbert, in TypeScript or JavaScript:`,
    block("ts", use.libbert(literal)),
    "With transformers, in Python:",
    block("python", use.transformers(literal)),
  ];
  if (!isSentenceModel) return parts;
  const program = `from sentence_transformers import SentenceTransformer

model = SentenceTransformer(${literal})
print(model.encode(["a gripping film"]))`;
  return [...parts, "With sentence-transformers:", block("python", program)];
}

function evaluation({ figures, validation }: CardTraining): string[] {
  const rows = Object.entries(figures).map(([name, value]) => [metricTitle(name), figure(value)]);
  if (rows.length === 0) return [];
  return ["## Evaluation", `On ${dataText(validation!)}:`, table(["figure", "value"], rows)];
}

function trainingPart({ train, options, remarks }: CardTraining): string[] {
  const rows = Object.entries(options).map(([name, value]) => [code(name), code(optionText(value))]);
  return [
    "## Training",
    [`On ${train.map(dataText).join(", then ")}.`, ...remarks].join(" "),
    ...(rows.length > 0 ? [table(["option", "value"], rows)] : []),
  ];
}

function dataText({ name, size }: CardData): string {
  return `${size} of ${name === null ? "a program" : code(name)}`;
}

function optionText(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}
