import type { VectorExample } from "../../data/vector-rows.js";
import { expected } from "../../errors.js";
import { counted } from "../../text-format.js";
import type { Preparation } from "../head.js";
import type { ScoreTeacher, VectorTeacher } from "../teacher.js";
import type { TaughtColumns } from "./examples.js";

/** What a student's vectors are. */
export interface Student {
  length: number;
  isNormalised: boolean;
}

/**
 * What a teacher says of the texts of rows.
 *
 * @throws LibbertError ERR_OPTION for a teacher whose vectors a student cannot have; the signal's reason
 */
export async function teachersAnswers(
  teacher: VectorTeacher | ScoreTeacher,
  examples: readonly VectorExample[],
  student: Student,
  { signal, notify }: Pick<Preparation<unknown>, "signal" | "notify">,
): Promise<TaughtColumns> {
  const [{ texts: first }] = examples as [VectorExample];
  const columns = first.map((_, column) => examples.map(({ texts }) => texts[column]!));
  const [anchors, ...others] = columns as [string[], ...string[][]];
  if (teacher.kind === "vectors") {
    await checkVectors(teacher, first[0]!, student);
    notify(`the teacher reads ${counted(examples.length * columns.length, "text")} before the first update`);
    const haveRoles = others.length > 0 && examples[0]!.score === undefined;
    const roleOf = (column: number) => (column === 0 ? "query" : "document");
    return inTurn(columns, (texts, column) =>
      teacher.vectors(texts, haveRoles ? roleOf(column) : undefined, signal),
    );
  }
  notify(`the teacher scores ${counted(examples.length * others.length, "pair")} before the first update`);
  const scored = await inTurn(others, async (texts) => {
    const pairs = texts.map((text, row) => [anchors[row]!, text] as const);
    return (await teacher.scores(pairs, signal)).map((score) => Float32Array.of(score));
  });
  return [[], ...scored];
}

async function inTurn<Item, Answer>(
  items: readonly Item[],
  answer: (item: Item, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [index, item] of items.entries()) answers.push(await answer(item, index));
  return answers;
}

/** Before all texts are read. */
async function checkVectors(
  teacher: VectorTeacher,
  text: string,
  { length, isNormalised }: Student,
): Promise<void> {
  const [vector] = (await teacher.vectors([text])) as [Float32Array];
  if (vector.length !== length)
    throw expected(`vectors of ${length} numbers, as the model's,`, "teacher", `vectors of ${vector.length}`);
  const norm = Math.hypot(...vector);
  if (isNormalised && Math.abs(norm - 1) > 0.01)
    throw expected("vectors of length 1, as the model's,", "teacher", `vectors of length ${norm.toFixed(3)}`);
}
