import { LibbertError } from "../errors.js";
import type { LoadedModel } from "../session/load-model.js";
import type { ModelKind } from "../session/protocol.js";
import type { TaskName } from "../tasks/find-spec.js";

const SHORT = "A short text.";
const LONG = "Ada wrote the first program in 1843, for a machine that was never built. ".repeat(8);

/** What every new model of a task is asked before it serves. */
const INPUTS: Readonly<Record<Exclude<TaskName, "embedding" | "masked-words">, readonly unknown[]>> = {
  classification: [SHORT, LONG],
  "multi-label": [SHORT, LONG],
  regression: [SHORT, LONG],
  reranking: [
    [SHORT, LONG],
    [SHORT, SHORT],
  ],
  "token-classification": [SHORT, LONG],
  "question-answering": [{ question: "Who wrote the first program?", context: LONG }],
  "multiple-choice": [{ context: SHORT, choices: [SHORT, LONG] }],
};

/** What clients rely on of a model. */
export interface ModelFacts {
  kind: ModelKind;
  labels: readonly string[];
  /** How many numbers its vectors have, where they are what it is for. */
  vectorSize: number | null;
}

/**
 * Has a new model compute what it is for, which warms it up, too.
 *
 * @throws LibbertError when it fails, or gives what is no finite number
 */
export async function tryOut(model: LoadedModel): Promise<ModelFacts> {
  const { task: kind } = model;
  if (kind === "features" || kind === "embedding") {
    const [vector] = await model.embed([SHORT, LONG]);
    return { kind, labels: [], vectorSize: vector!.length };
  }
  if (model.task === "masked-words") await fillAMask(model);
  else await model.predict(INPUTS[kind as keyof typeof INPUTS] as never[]);
  return { kind, labels: model.labels, vectorSize: null };
}

/** Which of the two is a model's mask, its tokenizer knows. */
async function fillAMask(model: LoadedModel<"masked-words">): Promise<void> {
  try {
    await model.predict(["The sky is [MASK]."]);
  } catch (error) {
    if (!(error instanceof LibbertError) || error.code !== "ERR_DATA") throw error;
    await model.predict(["The sky is <mask>."]);
  }
}

/** Why a model cannot take the place of another unnoticed by clients; null where it can. Other labels are for them to see. */
export function incompatibility(before: ModelFacts, now: ModelFacts): string | null {
  if (now.kind !== before.kind) return `it is for ${now.kind}, the one in service for ${before.kind}`;
  if (now.vectorSize !== before.vectorSize)
    return `its vectors have ${now.vectorSize} numbers, those of the one in service ${before.vectorSize}`;
  return null;
}
