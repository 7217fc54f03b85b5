import { classWeightsOf, countClasses } from "../../data/class-weights.js";
import { dataError, quoted } from "../../data/data-error.js";
import { alikeLabels } from "../../data/doubtful-labels.js";
import { trainingLabels } from "../../data/labels.js";
import { expected } from "../../errors.js";
import type { Preparation, Prepared } from "../head.js";
import { schemeOfLabels } from "./config.js";
import { readSentences, type TaggingExamples, withWindows } from "./examples.js";
import { areMisspelt, detectScheme, isTagOf, type TaggingScheme, tagParts, tagsOfTypes } from "./scheme.js";
import { checkTags, type TaggedSentence } from "./sentences.js";
import type { TaggingOptions, TokenClassificationTypes } from "./types.js";

/** Reads the rows of a run; what the options leave open, such as the labels, the training rows tell. */
export async function prepareTagging(
  preparation: Preparation<TaggingOptions>,
): Promise<Prepared<TokenClassificationTypes>> {
  checkFeatures(preparation);
  const { checkpoint, maxSeqLength, options, limit, signal } = preparation;
  const { tokenizer } = checkpoint;
  const { columns, documentContext, features = "last-hidden", labelSmoothing, classWeights } = options;
  const read = (name: "train" | "validation", by: TaggingScheme, first?: number) =>
    readSentences(preparation[name]!, tokenizer, {
      name,
      columns,
      limit: first,
      signal,
      scheme: by,
      labels: options.labels,
    });

  const given = givenScheme(options);
  const tagged = await read("train", given ?? "BIO", limit);
  const scheme = given ?? detectScheme(tagged.sentences.map(({ tags }) => tags));
  if (given === undefined && scheme === "plain") refuseMisspelt(tagged.sentences);
  checkTags(tagged.sentences, scheme, { isDetected: given === undefined });
  const labels = options.labels ?? tagsSeen(tagged.sentences, scheme, preparation.notify);
  const config = { labels, scheme, features, documentContext };
  const reader = { tokenizer, maxSeqLength, config };
  const train = withWindows(tagged, reader);
  if (train.windows.length === 0) throw dataError("training rows", "at least one word with a token", "none");
  const counts = countClasses(allClasses(train), labels.length);
  return {
    config,
    choices: {
      labelSmoothing,
      classWeights: classWeights && classWeightsOf(classWeights, labels, counts),
    },
    train,
    ...(preparation.validation !== undefined && {
      validation: withWindows(await read("validation", scheme), reader),
    }),
  };
}

/** Tags of entities in another spelling would be learned as parts of speech are. */
function refuseMisspelt(sentences: readonly TaggedSentence[]): void {
  const tags = new Set(sentences.flatMap((sentence) => sentence.tags));
  if (!areMisspelt(tags)) return;
  const what =
    'tags of BIO, IOB1 or BIOES, such as B-person and O (scheme "plain" takes all tags as they are),';
  throw dataError("training rows", what, quoted([...tags]));
}

function* allClasses({ classes }: TaggingExamples): Generator<number> {
  for (const ofWindow of classes) yield* ofWindow;
}

/** @throws ERR_OPTION */
function checkFeatures({ options, isEncoderFrozen, checkpoint }: Preparation<TaggingOptions>): void {
  const { features } = options;
  const layers = checkpoint.encoder.numHiddenLayers;
  if (features !== undefined && !isEncoderFrozen)
    throw expected('"frozen", which features needs,', "encoder", undefined);
  if (features === "concat-last-four" && layers < 4)
    throw expected(`"last-hidden", as the model has only ${layers} layers,`, "features", features);
}

/** The scheme that the options give, by name or by their labels. @throws ERR_OPTION when these do not fit together */
function givenScheme({ scheme, labels }: TaggingOptions): TaggingScheme | undefined {
  if (labels === undefined) return scheme;
  const shown = schemeOfLabels(labels);
  const odd = labels.find((label) => !isTagOf(scheme ?? shown, label));
  if (odd !== undefined) throw expected(`tags of the scheme ${scheme ?? shown}`, "labels", odd);
  return scheme ?? (shown === "BIO" ? undefined : shown); // B- and I- are BIO or IOB1: the rows tell
}

/** All tags of the types that occur: a type of which the rows happen to lack a tag may need it elsewhere. */
function tagsSeen(
  sentences: readonly TaggedSentence[],
  scheme: TaggingScheme,
  notify: (message: string) => void,
): string[] {
  if (scheme === "plain")
    return trainingLabels(
      sentences.flatMap(({ tags }) => tags),
      { notify },
    );
  const types = new Set(sentences.flatMap(({ tags }) => tags.map((tag) => tagParts(tag).type)));
  types.delete(""); // of O
  if (types.size === 0) throw dataError("training rows", "at least one entity", "none");
  for (const message of alikeLabels([...types])) notify(message);
  const tagLike = [...types].filter((type) => /^[BIESLU]-./.test(type));
  if (tagLike.length > 0) notify(`types of entities that look like tags of their words: ${quoted(tagLike)}`);
  return tagsOfTypes(types, scheme);
}
