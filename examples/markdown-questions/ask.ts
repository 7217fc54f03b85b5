// Answers questions from a folder of Markdown, with the file and the line: finds passages by their vectors, and reads the answer in them.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { loadModel } from "../../lib/index.js";
import { type Library, openLibrary } from "./answers.js";
import { passagesIn } from "./passages.js";

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: "docs" },
    model: { type: "string", default: "deepset/minilm-uncased-squad2" }, // reads answers: a folder, or a name on the Hub
    encoder: { type: "string", default: "sentence-transformers/all-MiniLM-L6-v2" }, // finds passages
    question: { type: "string" }, // default: the lines of standard input
    answers: { type: "string", default: "3" }, // shown of each question
  },
});

const passages = await passagesIn(values.folder);
if (passages.length === 0) throw new Error(`There is no Markdown in ${values.folder}`);
await using encoder = await loadModel(values.encoder, { task: "features" });
await using reader = await loadModel(values.model, { task: "question-answering" });
await using library = await openLibrary(passages, encoder, reader);
console.error(`${passages.length} passages of ${values.folder}`);

async function show(library: Library, question: string): Promise<void> {
  const answers = await library.ask(question);
  if (answers.length === 0) console.log("No passage answers that.");
  for (const { answer, file, line, heading, score } of answers.slice(0, Number(values.answers)))
    console.log(`${file}:${line}: ${answer.replace(/\s+/g, " ")}  (${heading}; ${score.toFixed(2)})`);
}

if (values.question !== undefined) await show(library, values.question);
else {
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: "question> " });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== "") await show(library, line);
    lines.prompt();
  }
}
