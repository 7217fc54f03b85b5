import { LibbertError } from "../errors.js";

/** How files begin that have the name of weights and are something else, and what helps. */
const BEGINNINGS: readonly (readonly [beginning: RegExp, what: string])[] = [
  [/^\s*<(!doctype|html|\?xml)/i, "a page or message of a server in the place of the file: fetch it again"],
  [/^.{8}\{/s, "a safetensors file: name it model.safetensors"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of files
  [/^PK\x03\x04/, "a zip archive, as torch.save writes one: name it pytorch_model.bin"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of files
  [/^\x1f\x8b/, "packed with gzip: unpack it (gunzip)"],
  [/^\x89HDF/, "an HDF5 file, as Keras writes one: take the safetensors of the model"],
  [/^GGUF/, "a GGUF model for llama.cpp: take the safetensors of the model that it was made from"],
];

/** The error for a file whose beginning shows what it is in truth; undefined where it does not. @param beginning as Latin-1 */
export function foreignWeights(path: string, beginning: string): LibbertError | undefined {
  const found = BEGINNINGS.find(([pattern]) => pattern.test(beginning));
  return found && new LibbertError("ERR_CHECKPOINT", `${path} is ${found[1]}`);
}
