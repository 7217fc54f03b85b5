// Finds the named entities of text files as they appear in a folder, or of the lines of standard input: a line of JSON for each.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { loadModel } from "../../lib/index.js";
import { entityLines } from "./entity-lines.js";
import { filesIn, linesOf } from "./texts.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "dslim/bert-base-NER" }, // a folder, or a name on the Hub
    folder: { type: "string" }, // default: standard input, a text a line
    once: { type: "boolean", default: false }, // end after the files that are there
    interval: { type: "string", default: "1" }, // seconds from one look at the folder to the next
  },
});

await using model = await loadModel(values.model, { task: "token-classification" });
const ending = new AbortController();
// What was read is still answered. A second Ctrl-C ends the process at once.
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => ending.abort());

const { folder, once } = values;
const following = { follow: !once, interval: 1000 * Number(values.interval), signal: ending.signal };
const texts = folder === undefined ? linesOf(process.stdin, ending.signal) : filesIn(folder, following);
try {
  await pipeline(Readable.from(entityLines(model, texts)), process.stdout);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error; // whoever read has had enough, as `head` has
}
