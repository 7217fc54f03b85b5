import { saysNoRows } from "../data/readers/each-file.js";
import type { RowInput } from "../data/readers/rows.js";
import { describe, type LibbertError } from "../errors.js";
import { specOf } from "../tasks/find-spec.js";
import type { InspectedRow, InspectionReading, RowFault } from "../tasks/inspection.js";
import { ColumnSurvey } from "./column-survey.js";
import { encodingFaults } from "./encoding-faults.js";
import { excerptOf, joinedTexts } from "./excerpt.js";
import type { Findings } from "./findings.js";
import type { InspectionRun } from "./options.js";
import type { Finding, InspectionEvent, RowsSummary } from "./report.js";
import type { RowStore } from "./row-store.js";
import type { TokenCounter } from "./token-lengths.js";
import { LabelSurvey, LengthSurvey, NumberSurvey } from "./value-surveys.js";

/** What a survey is part of. */
export interface SurveyContext {
  settings: Omit<InspectionRun, "data" | "against">;
  store: RowStore;
  findings: Findings;
  /** Null without a model. */
  counter: TokenCounter | null;
  signal?: AbortSignal;
  emit(event: InspectionEvent): void;
}

/** Rows between two reports. */
const ROWS_PER_EVENT = 10_000;

/** Goes through the rows of one source, of which it keeps no text. */
export class SourceSurvey {
  readonly labels = new LabelSurvey();
  readonly #context: SurveyContext;
  readonly #source: Finding["in"];
  readonly #known: LabelSurvey | undefined;
  readonly #columns = new ColumnSurvey();
  readonly #scores = new NumberSurvey();
  readonly #characters = new LengthSurvey();
  readonly #tokens = new LengthSurvey();
  #rows = 0;
  #hasBroken = false;

  /** @param known labels that others are new beside. Default: no label is new */
  constructor(source: Finding["in"], context: SurveyContext, known?: LabelSurvey) {
    this.#source = source;
    this.#context = context;
    this.#known = known;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @param others the other rows of the inspection @param keep is given each row @throws LibbertError ERR_DATA as the task's reader does; the signal's reason */
  async read(rows: RowInput, others: readonly RowInput[], keep?: (row: InspectedRow) => void): Promise<void> {
    const { settings, signal, emit } = this.#context;
    const { columns, columnNames, labels, scheme } = settings;
    const reading: InspectionReading = {
      ...{ name: this.#source, columns, columnNames, labels, scheme, others },
      notify: (message) => emit({ type: "notice", message: `${this.#source}: ${message}` }),
      onRow: (row) => this.#columns.add(row),
      onBrokenRow: (location, error) => this.#addBroken(location, error),
    };
    let told = 0;
    try {
      for await (const some of specOf(settings.task).inspection.rows(rows, reading)) {
        signal?.throwIfAborted();
        for (const row of some) this.#add(row);
        if (keep) some.forEach(keep);
        await this.#countTokens(some);
        if (this.#rows - told < ROWS_PER_EVENT) continue;
        told = this.#rows;
        emit({ type: "inspected", of: this.#source, rows: told });
      }
    } catch (error) {
      if (!this.#hasBroken || !saysNoRows(error)) throw error; // there are some, and what is wrong with them is found
    }
    emit({ type: "inspected", of: this.#source, rows: this.#rows });
  }

  summary(): RowsSummary {
    const { counter, settings } = this.#context;
    const { counted, longTexts } = specOf(settings.task).inspection;
    return {
      rows: this.#rows,
      columns: this.#columns.summaries(),
      labels: this.labels.summary(counted),
      scores: this.#scores.summary(),
      characters: this.#characters.summary("characters"),
      tokens: counter && {
        ...this.#tokens.summary("tokens"),
        maxSeqLength: counter.maxSeqLength,
        over: this.#tokens.over(counter.maxSeqLength),
        longTexts,
      },
    };
  }

  #add(row: InspectedRow): void {
    this.#rows++;
    this.#context.store.add(row);
    for (const label of row.labels ?? []) this.labels.add(label);
    for (const score of row.scores ?? []) this.#scores.add(score);
    this.#characters.add(charactersOf(row));
    this.#addFaults(row);
  }

  /** Of each kind the first in the row. */
  #addFaults(row: InspectedRow): void {
    const text = joinedTexts(row.inputs);
    const kinds = new Set<string>();
    for (const { detail, ...fault } of [...ownFaults(row, this.#known), ...encodingFaults(text)]) {
      if (kinds.has(fault.kind)) continue;
      kinds.add(fault.kind);
      const { location } = row;
      const example = () => ({ location, text: excerptOf(text), detail });
      this.#context.findings.add({ ...fault, in: this.#source }, example);
    }
  }

  #addBroken(location: string, { message }: LibbertError): void {
    this.#hasBroken = true;
    const what = "rows that cannot be read, at the first of which training would end";
    const detail = message.startsWith(`${location}: `) ? message.slice(location.length + 2) : message;
    this.#context.findings.add({ kind: "broken-row", in: this.#source, what }, () => ({
      location,
      text: "",
      detail,
    }));
  }

  async #countTokens(rows: readonly InspectedRow[]): Promise<void> {
    const { counter, findings, settings } = this.#context;
    if (counter === null) return;
    const { maxSeqLength } = counter;
    const isCut = specOf(settings.task).inspection.longTexts === "cut";
    const fate = isCut ? "which would be cut" : "which would have several windows";
    const what = `rows longer than ${maxSeqLength} tokens, ${fate}`;
    for (const [index, length] of (await counter.lengths(rows)).entries()) {
      this.#tokens.add(length);
      if (length <= maxSeqLength) continue;
      const { location, inputs } = rows[index]!;
      findings.add({ kind: "long-text", in: this.#source, what }, () => ({
        location,
        text: excerptOf(joinedTexts(inputs)),
        detail: `${length} tokens`,
      }));
    }
  }
}

/** Of the longest input, a pair together. */
function charactersOf({ inputs }: InspectedRow): number {
  return Math.max(0, ...inputs.map((input) => [input].flat().join("").length));
}

/** Faults that need no look at characters. */
function ownFaults({ inputs, labels = [], faults = [] }: InspectedRow, known?: LabelSurvey): RowFault[] {
  const found = [...faults];
  if (inputs.flat().some((text) => text.trim() === ""))
    found.push({ kind: "empty-text", what: "rows with a text that is empty", detail: "" });
  const unseen = known && labels.find((label) => !known.has(label));
  if (unseen !== undefined)
    found.push({
      kind: "unseen-label",
      what: "rows with labels that the data lacks",
      detail: describe(unseen),
    });
  return found;
}
