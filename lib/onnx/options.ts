import { z } from "zod";

/** How weights are stored, by the names that transformers.js has for it. */
export const EXPORT_DTYPES = ["fp32", "fp16", "q8"] as const;
/** What an export's numbers are: float32, float16, or 8-bit integers. */
export type ExportDType = (typeof EXPORT_DTYPES)[number];

const dtype = z.enum(EXPORT_DTYPES);

/** Options of `model.exportOnnx()` beside the directory. */
export const exportOptions = z.strictObject({
  dtype: z
    .union([dtype, z.array(dtype).min(1)], '"fp32", "fp16" or "q8", or a list of these')
    .default("fp32")
    .describe(
      "how weights are stored: 32 or 16 bits with a fraction, or integers of 8 bits; of a list, each in a file of its own",
    ),
  overwrite: z.boolean().default(false).describe("allow a directory that holds files already"),
});

/** What was written. */
export interface OnnxExport {
  /** Paths of the files of ONNX in the directory, in the order of `dtype`. */
  files: string[];
  /** What the model takes, by name: integers of 64 bits, [batch, sequence]. */
  inputs: string[];
  /** What it gives, by name, in float32. */
  outputs: string[];
  /** What the model says that the graph does not, such as prediction sets. Its logits are calibrated. */
  notices: string[];
}
