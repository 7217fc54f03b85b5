import { native } from "./native.js";

/** Whether operations record what backward needs. */
export function isGradEnabled(): boolean {
  return native.isGradEnabled();
}

/** Runs `body` without recording gradients, as PyTorch's `torch.no_grad()`. */
export function noGrad<T>(body: () => T): T {
  const before = native.isGradEnabled();
  native.setGradEnabled(false);
  try {
    return body();
  } finally {
    native.setGradEnabled(before);
  }
}
