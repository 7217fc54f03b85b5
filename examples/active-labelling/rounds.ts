import { fineTune } from "../../lib/index.js";
import { appendRow, openRows } from "../json-lines.js";
import { uncertaintyOf } from "./choose.js";

/** What somebody says of a text; `stop` ends the labelling, to go on another time. */
export type Reply = { type: "label"; label: string } | { type: "skip" } | { type: "stop" };

/** A text that was asked for; one that was skipped has no label. */
export interface Answer {
  text: string;
  label: string | null;
}

/** How good a model is that learnt from so many labels. */
export interface CurvePoint {
  labels: number;
  accuracy: number;
}

/** Chooses the rows of the next round. @param uncertainties of all texts; none before there is a model */
export type Chooser = (known: readonly number[], count: number, uncertainties?: number[]) => number[];

export interface Labelling {
  /** A pre-trained BERT: a folder, or a name on the Hub. */
  model: string;
  texts: readonly string[];
  labels: readonly string[];
  /** The file with labelled rows that models are measured by. */
  test: string;
  /** The file of answers. It may have some: then the labelling goes on behind them. */
  answers: string;
  /** Where the newest model is saved. */
  folder: string;
  perRound: number;
  rounds: number;
  epochs: number;
  learningRate: number;
  choose: Chooser;
  ask(text: string): Promise<Reply>;
  tell(point: CurvePoint): void;
}

/** Trains, asks for the rows that the model chooses, and trains again, round by round. An answer is on disk before the next question. */
export async function labelInRounds(labelling: Labelling): Promise<CurvePoint[]> {
  const { texts, answers, perRound, rounds, choose, ask, tell } = labelling;
  const numbers = new Map(texts.map((text, number) => [text, number]));
  const known = await openRows<Answer>(answers);
  const curve: CurvePoint[] = [];
  for (;;) {
    const learnt = await learn(labelling, known);
    if (learnt) {
      curve.push(learnt.point);
      tell(learnt.point);
    }
    if (known.length >= rounds * perRound) return curve;
    const asked = known.flatMap(({ text }) => numbers.get(text) ?? []);
    const chosen = choose(asked, perRound - (known.length % perRound), learnt?.uncertainties);
    if (chosen.length === 0) return curve; // all were asked for
    for (const number of chosen) {
      const text = texts[number]!;
      const reply = await ask(text);
      if (reply.type === "stop") return curve;
      const answer = { text, label: reply.type === "label" ? reply.label : null };
      await appendRow(answers, answer);
      known.push(answer);
    }
  }
}

/** A model of the answers so far: how good it is, and how uncertain of each text. None before two labels were given. */
async function learn(
  { model, texts, labels, test, folder, epochs, learningRate }: Labelling,
  known: readonly Answer[],
): Promise<{ point: CurvePoint; uncertainties: number[] } | undefined> {
  const train = known.flatMap(({ text, label }) => (label === null ? [] : { text, label }));
  if (new Set(train.map(({ label }) => label)).size < 2) return undefined;
  await using tuned = await fineTune({
    ...{ task: "classification", model, train, labels: [...labels], epochs, learningRate },
    ...{ batchSize: 8, seed: 1 },
  });
  // The rows that measure may find the temperature, too: it changes how sure a model is, and never what it says.
  await tuned.calibrate(test);
  const { accuracy } = await tuned.evaluate(test);
  await tuned.save(folder, { overwrite: true });
  const predictions = await tuned.predict(texts);
  const uncertainties = predictions.map(({ scores }) => uncertaintyOf(scores));
  return { point: { labels: train.length, accuracy }, uncertainties };
}
