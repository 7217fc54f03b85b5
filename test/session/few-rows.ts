/** Fine-tuning on one row, for every task that needs no more. */
import { type FineTuneOptions, fineTune } from "../../lib/index.js";
import { tinyRun } from "./support.js";

const text = "the film was good";
const labels = ["bad", "good"];

const RUNS = [
  { task: "multi-label", labels, train: [{ text, labels: ["good"] }] },
  { task: "regression", train: [{ text, score: 1 }] },
  { task: "token-classification", train: [{ tokens: text.split(" "), tags: ["O", "B-THING", "O", "O"] }] },
  {
    task: "question-answering",
    train: [{ question: "what was good", context: text, answers: [{ text: "film", answerStart: 4 }] }],
  },
  { task: "multiple-choice", train: [{ context: text, choices: ["good", "bad"], label: 0 }] },
  { task: "reranking", train: [{ query: "what was good", positive: text, negative: "the cast" }] },
  { task: "masked-words", train: [{ text }] },
];

/** What two updates on the row, and an evaluation on it after each, come to. */
export interface FewRowsCourse {
  task: string;
  losses: number[];
  metrics: Record<string, unknown>;
}

/** Each task's course. @param batchSize of each process */
export async function fewRowsCourses(batchSize: number): Promise<FewRowsCourse[]> {
  const courses: FewRowsCourse[] = [];
  for (const run of RUNS) {
    const options = { ...tinyRun, ...run, validation: run.train, epochs: 2, batchSize, rankTimeout: 20 };
    await using model = await fineTune(options as FineTuneOptions);
    const { history, metrics } = model.training!;
    courses.push({ task: run.task, losses: history.steps.map(({ loss }) => loss), metrics: { ...metrics } });
  }
  return courses;
}
