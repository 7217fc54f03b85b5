/**
 * Distils a model into some of its own layers on lines of unlabelled text, and measures what the student keeps of the teacher: the
 * Spearman correlation of cosines with how closely a sentence of XQuAD belongs to a question, and the time for the same texts. See
 * bench/README.md.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { type EncoderModel, fineTune, loadModel, pairSimilarity, spearman } from "../lib/index.js";
import { suitingDType } from "./processor.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values } = parseArgs({
  options: {
    teacher: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    layers: { type: "string", default: "3" },
    texts: { type: "string", default: "20000" },
    epochs: { type: "string", default: "3" },
    questions: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    "learning-rate": { type: "string", default: "3e-4" },
    dtype: { type: "string", default: suitingDType() },
  },
});

interface Article {
  paragraphs: { context: string; qas: { question: string; answers: { answer_start: number }[] }[] }[];
}

/** A question and a sentence, and how closely they belong together. */
interface Graded {
  texts: [question: string, sentence: string];
  grade: number;
}

/** For each question: the sentence with its answer (3), others of its paragraph (2), of its article (1), and of another (0). */
function gradedPairs(count: number): Graded[] {
  const { data }: { data: Article[] } = JSON.parse(
    readFileSync(join(values.data, "xquad/xquad.en.json"), "utf8"),
  );
  const random = new CounterRandom(1, 0);
  let draws = 0;
  const oneOf = <Item>(items: readonly Item[]) => items[Math.floor(random.uniform(draws++) * items.length)]!;
  const all = data.flatMap((article, index) =>
    article.paragraphs.flatMap((paragraph) =>
      paragraph.qas.flatMap(({ question, answers }): Graded[] => {
        const sentences = sentencesOf(paragraph.context);
        const right = sentences.find(({ end }) => end > answers[0]!.answer_start)!;
        const others = sentences.filter((sentence) => sentence !== right);
        const near = article.paragraphs.filter((other) => other !== paragraph);
        const far =
          data[(index + 1 + Math.floor(random.uniform(draws++) * (data.length - 1))) % data.length]!;
        if (others.length === 0 || near.length === 0) return [];
        const graded = [
          oneOf(sentencesOf(oneOf(far.paragraphs).context)),
          oneOf(sentencesOf(oneOf(near).context)),
          oneOf(others),
          right,
        ];
        return graded.map(({ text }, grade) => ({ texts: [question, text], grade }));
      }),
    ),
  );
  return all.slice(0, 4 * count);
}

function sentencesOf(text: string): { text: string; end: number }[] {
  const segments = new Intl.Segmenter("en", { granularity: "sentence" }).segment(text);
  return Array.from(segments, ({ segment, index }) => ({
    text: segment.trim(),
    end: index + segment.length,
  }));
}

/** Sentences of news and speeches: none of them is of what is measured on. */
function unlabelledTexts(count: number): { text: string }[] {
  const news = readFileSync(join(values.data, "corpus/news.txt"), "utf8").split("\n");
  const speeches = readFileSync(join(values.data, "corpus/speeches.jsonl"), "utf8").trim().split("\n");
  const spoken = speeches.flatMap((line) => sentencesOf((JSON.parse(line) as { text: string }).text));
  const all = [...news, ...spoken.map(({ text }) => text)].filter((text) => text.trim().length > 20);
  const order = Int32Array.from(all.keys());
  new CounterRandom(1, 0).shuffle(order);
  return Array.from(order.subarray(0, count), (index) => ({ text: all[index]! }));
}

/** Texts that are read before the time is taken. */
const WARM_UP = 400;

const graded = gradedPairs(Number(values.questions));
const read = graded.flatMap(({ texts }) => texts);

/** The correlation, and the seconds of the processor that the vectors took. */
async function measured(model: EncoderModel) {
  const before = process.cpuUsage();
  const vectors = await model.embed(read);
  const { user, system } = process.cpuUsage(before);
  const cosines = graded.map((_, pair) =>
    pairSimilarity("cosine", vectors[2 * pair]!, vectors[2 * pair + 1]!),
  );
  return {
    spearman: spearman(
      cosines,
      graded.map(({ grade }) => grade),
    )!,
    seconds: (user + system) / 1e6,
  };
}

await inTemporaryFolder(async (folder) => {
  const run = {
    task: "embedding",
    model: values.teacher,
    teacher: values.teacher,
    layers: Number(values.layers),
    train: unlabelledTexts(Number(values.texts)),
    seed: Number(values.seed),
    learningRate: Number(values["learning-rate"]),
    dtype: values.dtype as "float32" | "bfloat16",
  } as const;
  const untrained = join(folder, "untrained");
  const distilled = join(folder, "distilled");
  await (
    await fineTune({ ...run, limit: 1, epochs: 1, learningRate: 1e-12, outputDir: untrained })
  ).dispose();
  await (await fineTune({ ...run, epochs: Number(values.epochs), outputDir: distilled })).dispose();
  const folders = { teacher: values.teacher, "its layers, untrained": untrained, student: distilled };
  const seconds: Record<string, number> = {};
  for (const [name, directory] of Object.entries(folders)) {
    await using model = await loadModel(directory, { task: "features", dtype: "float32" });
    await model.embed(read.slice(0, WARM_UP)); // what the first call sets up
    const figures = await measured(model);
    seconds[name] = figures.seconds;
    console.log(`${name}: Spearman ${figures.spearman.toFixed(4)}, ${figures.seconds.toFixed(2)} s`);
  }
  console.log(`the student is ${(seconds.teacher! / seconds.student!).toFixed(2)} times as fast`);
});
