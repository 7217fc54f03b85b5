import { meanOf } from "../../../arrays.js";
import { CounterRandom } from "../../../counter-random.js";
import { expected } from "../../../errors.js";
import { packSequences } from "../../../models/packing.js";
import { cosineSimilarity } from "../../../nn/functional.js";
import { noGrad } from "../../../tensor/autograd.js";
import { tensor } from "../../../tensor/create.js";
import { scope } from "../../../tensor/scope.js";
import type { TaskHead } from "../../head.js";
import type { ClassificationTypes } from "../types.js";
import { logisticRegression } from "./logistic-regression.js";
import { addMeanLayer, withMeanLayer } from "./mean-layer.js";
import { drawPartners, type Partners, partnersOf } from "./partners.js";
import { refuseOptions } from "./refusals.js";

/** An item of the training rows is a row with two partners, which are drawn anew in each epoch. */
interface Types extends ClassificationTypes {
  rows: ClassificationTypes["rows"] & { partners?: Partners };
  batch: ClassificationTypes["batch"] & { places?: Int32Array };
}

/** Texts of an item: the row's own, another one's of the same class, one's of another class. */
const PARTS = 3;

const DEFAULT_PAIRS = 10;

/** Streams of the seed from here on draw partners; those below are of the order of rows. */
const FIRST_STREAM = 3 * 2 ** 30;

/**
 * Trains a classifier of few rows as SetFit does (Tunstall et al., 2022): the encoder by pairs of texts, whose cosine is to be 1 within a
 * class and 0 between classes, then its last layer by logistic regression. What it leaves is a model as any other.
 */
export function contrastiveHead(classifier: TaskHead<ClassificationTypes>): TaskHead<Types> {
  return {
    ...classifier,

    base: withMeanLayer,
    begin: addMeanLayer,

    async prepare(preparation) {
      refuseOptions(preparation);
      const { config, train, validation } = await classifier.prepare(preparation);
      if (config.longTexts !== null)
        throw expected(
          '"cut" with method "contrastive", as this model reads windows,',
          "longTexts",
          config.longTexts.pooling,
        );
      const classes = train.targets as readonly number[]; // without a teacher each row has one
      const { pairsPerRow = DEFAULT_PAIRS } = preparation.options;
      return {
        config,
        train: {
          ...train,
          itemClasses: undefined,
          lengths: lengthsWithPartners(train.lengths, pairsPerRow),
          partners: partnersOf(classes, config.labels),
        },
        validation,
      };
    },

    batch: (_, rows, items, { seed, epoch }) =>
      batchOf(rows, items, new CounterRandom(seed, FIRST_STREAM + epoch)),

    counts: (_, { targets }) => ({ rows: targets.length }),
    rounded: undefined, // each batch has another number of texts

    /** The mean over all pairs of how far their cosines are from 1 and 0, squared: sentence-transformers' CosineSimilarityLoss. */
    loss(model, { input: given, targets, places }, totals) {
      const { encoded, input } = model.network.encode(given);
      const vectors = model.network.head.pooler.forward(encoded, input).to("float32");
      const members = vectors.indexSelect(0, places!); // [3 B, H]
      const byItem = members.reshape([targets.size, PARTS, -1]);
      const [own, same, other] = [0, 1, 2].map((part) => byItem.select(1, part)); // each [B, H]
      const within = cosineSimilarity(own!, same!).sub(1).pow(2);
      const between = cosineSimilarity(own!, other!).pow(2);
      return within.add(between).sum().div(totals.rows!.mul(2));
    },

    output(model, encoded, input, options: { vectors?: true }) {
      if (!options.vectors) return classifier.output(model, encoded, input, options);
      return model.network.head.pooler.forward(encoded, input).to("float32");
    },

    async settle(model, { encodings, targets }, signal) {
      const vectors = await model.infer(encodings, signal, { vectors: true });
      const classes = targets as readonly number[];
      const points = { vectors, classes, classCount: model.config.labels.length };
      const layer = await logisticRegression(points, signal);
      const { weight, bias } = model.network.head.classifier;
      noGrad(() =>
        scope(() => {
          weight.copy_(tensor(layer.weights, { shape: weight.shape }));
          bias.copy_(tensor(layer.biases));
        }),
      );
    },
  };
}

/** Of items, which have a row's text and two others': of these it is the mean, as they are not drawn yet. */
function lengthsWithPartners(lengths: Int32Array, pairsPerRow: number): Int32Array {
  const mean = meanOf(lengths);
  return Int32Array.from({ length: lengths.length * pairsPerRow }, (_, item) =>
    Math.ceil(lengths[Math.floor(item / pairsPerRow)]! + 2 * mean),
  );
}

/** A text that several items have is read once: within an update it has one mask of dropout, its row's. */
function batchOf(
  { encodings, targets, lengths, partners }: Types["rows"],
  items: readonly number[],
  random: CounterRandom,
): Types["batch"] {
  const pairsPerRow = lengths.length / targets.length;
  const rows = items.map((item) => Math.floor(item / pairsPerRow));
  const members = rows.flatMap((row, index) => {
    const draws = [2 * items[index]!, 2 * items[index]! + 1].map((draw) => random.uniform(draw));
    const { same, other } = drawPartners(partners!, row, draws as [number, number]);
    return [row, same, other];
  });
  const read = [...new Set(members)];
  const placeOf = new Map(read.map((row, place) => [row, place]));
  const sequences = read.map((row) => encodings[row]!);
  return {
    packed: packSequences(sequences, read),
    targets: Int32Array.from(rows, (row) => targets[row]!),
    windows: read.map(() => 1),
    places: Int32Array.from(members, (row) => placeOf.get(row)!),
  };
}
