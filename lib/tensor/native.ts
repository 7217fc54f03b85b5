import { LibbertError } from "../errors.js";
import { loadNative } from "../runtime/load.js";
import type { NativeOps } from "./native-ops.js";

/** The native addon of this thread, whose errors are LibbertErrors. Importing this module loads LibTorch. */
export const native = loadNative() as NativeOps;
native.setErrorClass(LibbertError);
