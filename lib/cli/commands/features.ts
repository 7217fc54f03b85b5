import type { Command } from "commander";
import type { z } from "zod";
import { featureOptions } from "../../features/options.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { nested, textVectorOptions, writeTextVectors } from "../text-vectors.js";

const commandOptions = textVectorOptions.extend(featureOptions.shape);

/** `libbert features` */
export function featuresCommand(): Command {
  return schemaCommand("features", commandOptions, run)
    .description(
      "hidden states of texts, pooled; a line of JSON for each: text, shape, values, and with concat and none the tokens",
    )
    .addHelpText(
      "after",
      '\nExample:\n  libbert features --model bert-base --text "a film" --layers=-1,-2,-3,-4 --pooling concat',
    );
}

function run(options: z.output<typeof commandOptions>, context: CommandContext): Promise<void> {
  const { layers, pooling, ...texts } = options;
  return writeTextVectors(texts, context, async (model, some, signal) => {
    const features = await model.features(some, { layers, pooling, signal });
    return features.map(({ values, shape, truncated, tokens }) => ({
      shape,
      truncated,
      tokens,
      values: nested(values, shape),
    }));
  });
}
