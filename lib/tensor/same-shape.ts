import { LibbertError } from "../errors.js";

interface Shaped {
  readonly shape: readonly number[];
}

/** Refuses what LibTorch would broadcast, or sum, in silence. @throws ERR_TENSOR where y has another shape than x */
export function checkSameShape(x: Shaped, y: Shaped, name: string): void {
  const [wanted, received] = [x, y].map(({ shape }) => `[${shape.join(", ")}]`);
  if (wanted !== received)
    throw new LibbertError(
      "ERR_TENSOR",
      `Expected a tensor of shape ${wanted} for ${name} but received ${received}`,
    );
}
