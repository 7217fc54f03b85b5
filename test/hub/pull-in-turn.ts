/** Fetches a model and prints its folder: one of several processes that do so at once. */
import { pullModel } from "../../lib/hub/pull-model.js";

const [name, revision] = process.argv.slice(2);
const { folder } = await pullModel(name!, { revision });
console.log(folder);
