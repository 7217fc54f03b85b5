/**
 * One process of several that fine-tune together, or one on its own: prints what the training came to, and what the
 * model predicts.
 *
 *     node fine-tune-rank.js '<options of fineTune>' '<texts>'
 */
import "../support/one-thread.js";

import { type FineTuneOptions, fineTune } from "../../lib/index.js";

const [options, texts] = process.argv.slice(2).map((text) => JSON.parse(text));
await using model = await fineTune(options as FineTuneOptions);
const { history, metrics, trainLoss, steps } = model.training!;
const losses = history.steps.map(({ loss }) => loss);
const predictions = await model.predict(texts as never);
console.log(JSON.stringify({ losses, metrics, trainLoss, steps, predictions }));
