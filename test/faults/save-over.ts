/**
 * A process that saves a model over whatever a directory holds.
 *
 *     node save-over.js MODEL DIRECTORY
 */
import { loadModel } from "../../lib/index.js";

const [source, directory] = process.argv.slice(2) as [string, string];
await using model = await loadModel(source);
await model.save(directory, { overwrite: true });
