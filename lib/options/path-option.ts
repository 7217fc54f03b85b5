import { z } from "zod";
import { hasNoNullByte, WITHOUT_NULL_BYTES } from "../files/require-path.js";

/** The path of a file or folder. */
export function pathField() {
  return z.string().min(1).refine(hasNoNullByte, WITHOUT_NULL_BYTES);
}
