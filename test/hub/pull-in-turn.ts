/** Fetches a model and prints its folder: one of several processes that do so at once. */
import { pullModel } from "../../lib/hub/pull-model.js";

const { folder } = await pullModel(process.argv[2]!, {});
console.log(folder);
