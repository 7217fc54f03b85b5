import { facts, type Section } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf, durationText } from "../numbers.js";
import type { TrainingRun } from "../read/training-run.js";
import { budgetText } from "./budget.js";
import { figureRows } from "./evaluations.js";

/** How far a run is, or what it came to. */
export function summarySection(run: TrainingRun): Section {
  const { metrics, result } = run;
  const figures = metrics === null ? [] : figureRows(metrics);
  const deciding = figures.filter(([name]) => name === result?.metric);
  const others = figures.filter(([name]) => name !== result?.metric);
  return {
    id: "summary",
    title: "Summary",
    content: [
      html`<p>${stateOf(run)}</p>`,
      budgetText(run.origin?.budget),
      result?.stopped !== undefined &&
        html`<p class="warning">The training ended before its time: ${result.stopped}.</p>`,
      facts([...deciding, ...others, ...speedOf(run)]),
      metrics === null &&
        html`<p>Nothing was evaluated: there are no validation rows, or the first evaluation is yet to come.</p>`,
    ],
  };
}

function stateOf(run: TrainingRun): Content {
  const { result, course, totalSteps } = run;
  const made = course.updates.at(-1)?.step ?? 0;
  if (result === null) {
    const isDone = totalSteps !== null && made >= totalSteps;
    const ofAll = totalSteps === null ? "" : html` of ${dataOf(totalSteps)}`;
    return html`${dataOf(made)}${ofAll} updates are made${!isDone && "; the run goes on, or was interrupted"}.`;
  }
  const { steps, bestStep, stoppedEarly, seconds, trainLoss } = result;
  return html`${dataOf(steps)} updates in ${durationText(seconds)}, reading included; the mean training loss of the last epoch was
${dataOf(trainLoss)}.${bestStep < steps && html` The weights are those after update ${dataOf(bestStep)}.`}${stoppedEarly && " The run stopped early, as its evaluations got no better."}`;
}

function speedOf({ result, course }: TrainingRun): [string, Content][] {
  const tokens = result?.tokensPerSecond ?? course.updates.at(-1)?.tokensPerSecond;
  return typeof tokens === "number" ? [["tokens per second", dataOf(tokens)]] : [];
}
