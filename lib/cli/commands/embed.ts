import type { Command } from "commander";
import { z } from "zod";
import { expected } from "../../errors.js";
import { embedOptions, type SentenceVector } from "../../features/options.js";
import type { LoadedModel } from "../../session/load-model.js";
import type { EmbedOptions } from "../../session/option-types.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import { schemaCommand } from "../schema-command.js";
import { nested, textVectorOptions, writeTextVectors } from "../text-vectors.js";

const commandOptions = textVectorOptions.extend({
  ...embedOptions.shape,
  role: z
    .enum(["query", "document"])
    .optional()
    .describe("what the texts are for a search: takes the model's prompt of that name"),
});

/** `libbert embed` */
export function embedCommand(): Command {
  return schemaCommand("embed", commandOptions, (options, context) => {
    const { normalize, prompt, promptName, truncateDim, longTexts, docStride, role, ...texts } = options;
    checkRole(options);
    return writeTextVectors(texts, context, async (model, some, signal) => {
      const choices = { normalize, prompt, promptName, truncateDim, longTexts, docStride, signal };
      const vectors = await vectorsOf(model, role, some, choices);
      return vectors.map((vector) => ({
        truncated: vector.truncated,
        embedding: nested(vector, [vector.length]),
      }));
    });
  })
    .description(
      "one vector for each text, as sentence-transformers makes it; a line of JSON for each: text, embedding",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  libbert embed --model all-MiniLM-L6-v2 --input texts.txt --output vectors.jsonl\n" +
        '  libbert embed --model runs/search --role query --text "who wrote it?" --truncate-dim 128',
    );
}

/** @throws ERR_OPTION for a role whose prompt another one would take the place of */
function checkRole({ role, prompt, promptName }: z.output<typeof commandOptions>): void {
  if (role !== undefined && (prompt !== undefined || promptName !== undefined))
    throw expected("no value beside a prompt, which takes the place of the role's,", "role", role);
}

function vectorsOf(
  model: LoadedModel,
  role: "query" | "document" | undefined,
  texts: TextInput[],
  choices: EmbedOptions & { signal: AbortSignal },
): Promise<SentenceVector[]> {
  if (role === "query") return model.encodeQuery(texts, choices);
  return role === "document" ? model.encodeDocument(texts, choices) : model.embed(texts, choices);
}
