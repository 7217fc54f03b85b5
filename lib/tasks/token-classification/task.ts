import { countClasses } from "../../data/class-weights.js";
import { dataError } from "../../data/data-error.js";
import {
  detectScheme,
  isTagOf,
  OUTSIDE,
  type TaggingScheme,
  tagParts,
  tagsOfTypes,
} from "../../data/tagging/scheme.js";
import { checkTags, type TaggedSentence } from "../../data/tagging/sentences.js";
import { expected } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { FineTuneSettings } from "../fine-tuning/options.js";
import type { Task } from "../fine-tuning/task.js";
import { readSentences, withWindows } from "./examples.js";
import { TokenClassificationModel } from "./model.js";
import { schemeOfLabels, storedSettings } from "./settings.js";

/** A tag for each word, which together mark named entities. */
export const tokenClassification: Task = {
  defaultMaxSeqLength: 128,

  async prepare(checkpoint, settings, compute, { signal }) {
    checkFeatures(settings, checkpoint.config);
    const { maxSeqLength, columns, documentContext = false, features = "last-hidden" } = settings;
    const { tokenizer } = checkpoint;
    const given = givenScheme(settings);
    const read = (name: "train" | "validation", scheme: TaggingScheme, limit?: number) =>
      readSentences(settings[name]!, { tokenizer, scheme }, { name, columns, limit, signal });

    const tagged = await read("train", given ?? "BIO", settings.limit);
    const scheme = given ?? detectScheme(tagged.sentences.map(({ tags }) => tags));
    checkTags(tagged.sentences, scheme);
    const labels = settings.labels ?? tagsSeen(tagged.sentences, scheme);
    const reader = { tokenizer, maxSeqLength, labels, scheme, documentContext };
    const examples = withWindows(tagged, reader);
    const train = {
      ...examples,
      classCounts: countClasses(
        examples.classes.flatMap((own) => [...own]),
        labels.length,
      ),
    };
    if (train.windows.length === 0)
      throw dataError("training rows", "at least one word with a token", "none");
    const validation =
      settings.validation === undefined ? undefined : withWindows(await read("validation", scheme), reader);
    return {
      train,
      validation,
      createModel: (seed) =>
        TokenClassificationModel.create(
          checkpoint,
          labels,
          { scheme, features, documentContext },
          { compute, maxSeqLength, seed },
        ),
    };
  },

  load(checkpoint, compute) {
    return TokenClassificationModel.load(checkpoint, storedSettings(checkpoint), compute);
  },
};

function checkFeatures(
  { encoder, features }: FineTuneSettings,
  { num_hidden_layers: layers }: BertConfig,
): void {
  if (features !== undefined && encoder !== "frozen") {
    throw expected('"frozen", which features needs,', "encoder", encoder);
  }
  if (features === "concat-last-four" && layers < 4) {
    throw expected(`"last-hidden", as the model has only ${layers} layers,`, "features", features);
  }
}

/** The scheme that the options give, by name or by their labels. @throws ERR_OPTION when these do not fit together */
function givenScheme({ scheme, labels }: FineTuneSettings): TaggingScheme | undefined {
  if (labels === undefined) return scheme;
  const shown = schemeOfLabels(labels);
  const odd = labels.find((label) => !isTagOf(scheme ?? shown, label));
  if (odd !== undefined) throw expected(`tags of the scheme ${scheme ?? shown}`, "labels", odd);
  if (!labels.includes(OUTSIDE))
    throw expected(`tags with ${OUTSIDE} among them`, "labels", labels.join(", "));
  return scheme ?? (shown === "BIOES" ? shown : undefined); // B- and I- are BIO or IOB1: the rows tell
}

/** All tags of the types that occur: a type of which the rows happen to lack a tag may need it elsewhere. */
function tagsSeen(sentences: readonly TaggedSentence[], scheme: TaggingScheme): string[] {
  const types = new Set(sentences.flatMap(({ tags }) => tags.map((tag) => tagParts(tag).type)));
  types.delete(""); // of O
  if (types.size === 0) throw dataError("training rows", "at least one entity", "none");
  return tagsOfTypes(types, scheme);
}
