// A head of one's own on a pre-trained encoder, with libbert's tensor layer (in an application: "libbert/torch").
//   node dist/examples/own-head.js path/to/all-MiniLM-L6-v2
import { readFileSync } from "node:fs";
import * as torch from "../lib/torch.js";

const { Linear, Module, crossEntropy, gelu } = torch.nn;
const directory = process.argv[2] ?? "../shared/data/models/all-minilm-l6-v2";

/** Two layers over the last layer's [CLS] vector, where the stock classifier has one over a pooled one. */
class IntentHead extends Module {
  readonly hidden: torch.nn.Linear;
  readonly output = new Linear(128, 8);

  constructor({ hiddenSize }: torch.EncoderConfig) {
    super();
    this.hidden = new Linear(hiddenSize, 128);
  }

  outputTokens(input: torch.EncoderInput): torch.Tensor {
    return torch.firstTokens(input);
  }

  forward(encoded: torch.EncoderOutputs, input: torch.EncoderInput): torch.Tensor {
    const first = torch.firstHiddenStates(encoded, input); // [B, H]
    return this.output.forward(gelu(this.hidden.forward(first))); // [B, 8]
  }
}

const { family, encoder } = torch.readConfig(directory);
const network = new torch.Network(family.createEncoder(encoder), new IntentHead(encoder));
using weights = new torch.CheckpointWeights(directory);
torch.loadNetwork(network, weights, { family, head: null, newHead: "all", seed: 1 });
const tokenizer = await torch.TextTokenizer.load(directory);

async function readMessages(file: string) {
  const lines = readFileSync(`examples/quickstart/${file}`, "utf8").trimEnd().split("\n").slice(1);
  const encodings = await tokenizer.encodeBatch(lines.map((line) => line.split("\t")[0]!));
  return lines.map((line, row) => ({ ...encodings[row]!, row, intent: line.split("\t")[1]! }));
}
const training = await readMessages("train.tsv");
const test = await readMessages("test.tsv");
const intents = [...new Set(training.map(({ intent }) => intent))].sort();

function classify(messages: typeof training): torch.Tensor {
  const rows = messages.map(({ row }) => row);
  const { encoded, input } = network.encode(torch.toEncoderInput(torch.packSequences(messages, rows), "cpu"));
  return network.head.forward(encoded, input); // [B, 8]
}
const classesOf = (messages: typeof training) =>
  torch.tensor(
    messages.map(({ intent }) => intents.indexOf(intent)),
    { dtype: "int64" },
  ); // [B]

const parameters = new torch.FlatParameters(network.namedParameters());
const optimizer = new torch.AdamW(parameters);
const lengths = training.map(({ inputIds }) => inputIds.length);
for (let epoch = 0; epoch < 5; epoch++) {
  for (const rows of torch.epochBatches(lengths, { batchSize: 16, seed: 1, epoch })) {
    const batch = Array.from(rows, (row) => training[row]!);
    torch.scope(() => crossEntropy(classify(batch), classesOf(batch)).backward());
    optimizer.step(1e-4);
    parameters.zeroGradients();
  }
}
network.eval();
const predicted = torch.noGrad(() => classify(test).argmax(-1).toArray());
const right = test.filter(({ intent, row }) => intents[predicted[row]!] === intent).length;
console.log(`${right} of ${test.length} test messages right`);
