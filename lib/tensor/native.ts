import { loadNative } from "../runtime/load.js";
import type { NativeOps } from "./native-ops.js";

/** The native addon of this thread. Importing this module loads LibTorch. */
export const native = loadNative() as NativeOps;
