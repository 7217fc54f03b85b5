import { isStandardInput } from "../data/readers/rows.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { expected } from "../errors.js";
import { seedOf } from "../fine-tuning/options.js";
import { refuseTold } from "../options/option.js";
import { specOf } from "../tasks/find-spec.js";
import type { InspectedRow } from "../tasks/inspection.js";
import { Findings } from "./findings.js";
import { addSuspects, findLabelErrors } from "./label-errors.js";
import { MinHash } from "./min-hash.js";
import { type InspectionRun, inspectionOptions } from "./options.js";
import type { Inspection } from "./report.js";
import { RowStore } from "./row-store.js";
import { findSameTexts } from "./same-texts.js";
import { findSimilarTexts } from "./similar-texts.js";
import { SourceSurvey, type SurveyContext } from "./source-survey.js";
import { tokenCounter } from "./token-lengths.js";

/** Looks through rows: once through each source, then through what is kept of them. */
export async function inspectData(
  settings: InspectionRun,
  { signal, emit }: Pick<SurveyContext, "signal" | "emit">,
): Promise<Inspection> {
  checkTogether(settings);
  const { task, model, data, against, similarity } = settings;
  const { labelled } = specOf(task).inspection;
  const counter = model === undefined ? null : await tokenCounter({ ...settings, model });
  const store = new RowStore(new MinHash(seedOf(settings)));
  const findings = new Findings(settings.examples);
  const context: SurveyContext = { settings, store, findings, counter, signal, emit };

  const judged: InspectedRow[] = [];
  const keep = settings.findLabelErrors ? (row: InspectedRow) => judged.push(row) : undefined;
  const own = new SourceSurvey("data", context);
  await own.read(data, against === undefined ? [] : [against], keep);
  const other = against === undefined ? null : new SourceSurvey("against", context, own.labels);
  await other?.read(against!, [data]);

  const rows = { store, boundary: own.rows };
  const texts = findSameTexts(rows, findings);
  await findSimilarTexts(rows, texts, { similarity, signal }, findings);
  const labelErrors =
    keep &&
    (await findLabelErrors(judged, labelled!, { ...context, settings: { ...settings, model: model! } }));
  if (labelErrors) addSuspects(labelErrors, findings);
  return {
    task,
    labelErrors: labelErrors ?? null,
    data: own.summary(),
    against: other?.summary() ?? null,
    findings: findings.all({ data: own.rows, against: other?.rows ?? 0 }),
  };
}

/** @throws ERR_OPTION for an option that another one leaves without a meaning */
function checkTogether(settings: InspectionRun): void {
  const { task, model, maxSeqLength, data, against, findLabelErrors: isAsked } = settings;
  if (isAsked && specOf(task).inspection.labelled === undefined)
    throw expected(`no value, as labels of ${task} are not judged,`, "findLabelErrors", true);
  if (isAsked && model === undefined)
    throw expected("a model to train, which findLabelErrors needs,", "model", undefined);
  const ofJudges = ["folds", "epochs", "batchSize", "learningRate"];
  if (!isAsked)
    refuseTold(inspectionOptions, settings, ofJudges, "without findLabelErrors, which trains models,");
  if (model === undefined && maxSeqLength !== undefined)
    throw expected("no value without model, whose tokens it counts,", "maxSeqLength", maxSeqLength);
  if (isStandardInput(data) && isStandardInput(against))
    throw expected("a file, as standard input holds the data,", "against", STANDARD_INPUT);
}
