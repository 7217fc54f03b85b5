import type { Command } from "commander";
import { embedOptions } from "../../features/options.js";
import { schemaCommand } from "../schema-command.js";
import { nested, textVectorOptions, writeTextVectors } from "../text-vectors.js";

/** `libbert embed` */
export function embedCommand(): Command {
  return schemaCommand("embed", textVectorOptions.extend(embedOptions.shape), (options, context) =>
    writeTextVectors(options, context, async (model, texts, signal) => {
      const vectors = await model.embed(texts, { normalize: options.normalize, signal });
      return vectors.map((vector) => ({
        truncated: vector.truncated,
        embedding: nested(vector, [vector.length]),
      }));
    }),
  )
    .description(
      "one vector for each text, as sentence-transformers makes it; a line of JSON for each: text, embedding",
    )
    .addHelpText(
      "after",
      "\nExample:\n  libbert embed --model all-MiniLM-L6-v2 --input texts.txt --output vectors.jsonl",
    );
}
