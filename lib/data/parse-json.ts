import { jsonProblem } from "../errors.js";
import { dataError } from "./data-error.js";

/** The value in a line of JSON. @throws LibbertError ERR_DATA, naming the location */
export function parseJson(line: string, location: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw dataError(location, "a JSON object", `broken JSON (${jsonProblem(error)})`, { cause: error });
  }
}
