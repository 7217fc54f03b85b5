import { isDeepStrictEqual } from "node:util";
import { quoted } from "../../data/data-error.js";
import { expected } from "../../errors.js";
import { counted } from "../../text-format.js";
import type { LossChoices, Preparation } from "../head.js";
import type { OutputTeacher } from "../teacher.js";
import type { EncodedExamples } from "./encoded-examples.js";

/** Options of a teacher's answers, as far as a task has them. */
interface TeacherOptions {
  teacherWeight?: number;
  teacherTemperature?: number;
}

const DEFAULT_WEIGHT = 0.5;
const DEFAULT_TEMPERATURE = 2;

/** The model that teaches a task on whole texts; undefined where none does. */
export function textTeacher({ teacher }: Preparation<unknown>): OutputTeacher | undefined {
  return teacher?.kind === "outputs" ? teacher : undefined;
}

/**
 * The labels of a teacher, which the model gets in the same order.
 *
 * @param given those of the options, if they name some
 * @throws LibbertError ERR_OPTION where those are others
 */
export function taughtLabels(
  { labels }: OutputTeacher,
  given: readonly string[] | undefined,
): readonly string[] {
  if (given === undefined || isDeepStrictEqual(given, labels)) return labels;
  throw expected(`the teacher's labels, ${quoted(labels)}, or no value`, "labels", given);
}

/**
 * Training rows with what their teacher says of each; without one, as they are.
 *
 * @throws LibbertError ERR_OPTION for an option of a teacher where there is none, or of labels where no row has one; the signal's reason
 */
export async function taughtRows<Label>(
  preparation: Preparation<TeacherOptions>,
  train: EncodedExamples<Label | null>,
): Promise<{ rows: EncodedExamples<Label | null> & { answers?: Float32Array[] }; choices: LossChoices }> {
  const { options, signal, notify } = preparation;
  const teacher = textTeacher(preparation);
  if (teacher === undefined) {
    for (const name of ["teacherWeight", "teacherTemperature"] as const)
      if (options[name] !== undefined) throw expected("no value without a teacher", name, options[name]);
    return { rows: train, choices: {} };
  }
  const { texts = [], ...rows } = train;
  const choices = teachingOf(options, train);
  notify(`the teacher answers ${counted(texts.length, "row")} before the first update`);
  return { rows: { ...rows, answers: await teacher.outputs(texts, signal) }, choices };
}

/** What is made of the labels that are there, each in its place; null where there is none. */
export function whereLabelled<Label, Made>(
  { labels, locations }: Pick<EncodedExamples<Label | null>, "labels" | "locations">,
  make: (labelled: { labels: Label[]; locations: string[] }) => readonly Made[],
): (Made | null)[] {
  const known = labels.flatMap((label, row) =>
    label === null ? [] : [{ label, location: locations[row]! }],
  );
  const made = make({
    labels: known.map(({ label }) => label),
    locations: known.map(({ location }) => location),
  });
  let next = 0;
  return labels.map((label) => (label === null ? null : made[next++]!));
}

function teachingOf(
  { teacherWeight, teacherTemperature = DEFAULT_TEMPERATURE }: TeacherOptions,
  { labels }: EncodedExamples<unknown>,
): LossChoices {
  const labelled = labels.filter((label) => label !== null).length;
  if (labelled > 0) return { teacherWeight: teacherWeight ?? DEFAULT_WEIGHT, teacherTemperature };
  if (teacherWeight === undefined || teacherWeight === 1) return { teacherWeight: 1, teacherTemperature };
  throw expected("1, as no row has a label,", "teacherWeight", teacherWeight);
}
