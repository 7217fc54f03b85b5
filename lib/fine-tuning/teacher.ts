import { openCheckpoint } from "../checkpoint/checkpoint.js";
import { LibbertError } from "../errors.js";
import { type SavedEncoder, savedEncoder } from "../features/saved-encoder.js";
import { readSettled } from "../files/settled-directory.js";
import { pairScores } from "../ranking/pair-scores.js";
import { savedModel } from "../tasks/build-model.js";
import { type TaskName, taskOf, teachersOf } from "../tasks/find-spec.js";
import { headOf } from "../tasks/heads.js";
import type { TaskModel } from "../tasks/task-model.js";
import type { Teacher, VectorTeacher } from "../tasks/teacher.js";
import type { Compute } from "../tensor/compute.js";

/**
 * Loads the model whose answers a run learns. The caller disposes it.
 *
 * @throws LibbertError ERR_CHECKPOINT for a model that cannot teach the task
 */
export function openTeacher(
  directory: string,
  task: TaskName,
  compute: Compute,
): Promise<Teacher & Disposable> {
  return readSettled(
    directory,
    () => open(directory, task, compute),
    (teacher) => teacher[Symbol.dispose](),
  );
}

async function open(directory: string, task: TaskName, compute: Compute): Promise<Teacher & Disposable> {
  const checkpoint = await openCheckpoint(directory);
  const teachers = teachersOf(task);
  const found = teachers.find((name) => (taskOf(checkpoint, name) ?? "features") === name);
  if (found === undefined) {
    const what = taskOf(checkpoint) ?? "no task";
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected a model for ${teachers.join(" or ")} as the teacher of ${task} in ${directory} but it is for ${what}`,
    );
  }
  return found === "features"
    ? vectorTeacher(savedEncoder(checkpoint, compute))
    : taskTeacher(found, savedModel(await headOf(found), checkpoint, compute));
}

function vectorTeacher(model: SavedEncoder): VectorTeacher & Disposable {
  return {
    kind: "vectors",
    async vectors(texts, role, signal) {
      return (await model.features.embed(texts, { role }, signal)).map(({ vector }) => vector);
    },
    [Symbol.dispose]: () => model.dispose(),
  };
}

function taskTeacher(task: TaskName, model: TaskModel): Teacher & Disposable {
  const disposed = { [Symbol.dispose]: () => model.dispose() };
  if (task === "reranking") {
    const settings = { activation: "identity" } as const;
    return {
      kind: "scores",
      scores: async (pairs, signal) =>
        (await pairScores(model, pairs, settings, signal)).map(({ score }) => score),
      ...disposed,
    };
  }
  model.train(false);
  return {
    kind: "outputs",
    labels: model.config.labels,
    outputs: (inputs, signal) => model.head.outputs!(model, inputs, signal),
    ...disposed,
  };
}
