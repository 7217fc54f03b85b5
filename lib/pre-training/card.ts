import { basename } from "node:path";
import { baseIn } from "../card/base.js";
import type { CardUse, ModelCard } from "../card/card.js";
import { embedding, predicting, withPipeline } from "../card/programs.js";
import type { Objective } from "../data/pretraining/pretraining-epoch.js";
import { numberText } from "../text-format.js";
import type { PretrainMetrics } from "./events.js";
import type { Run } from "./start-run.js";

const maskedWords: CardUse = {
  pipelineTag: "fill-mask",
  does: "tells which words a masked one may be, and is there to be fine-tuned",
  libbert: predicting("masked-words", '"a [MASK] film"'),
  transformers: withPipeline("fill-mask", 'f"a {predict.tokenizer.mask_token} film"'),
};

/** How pre-trained models are used, by what they learnt. */
export const PRETRAINED_USES: Record<Objective, CardUse> = {
  "mlm+nsp": maskedWords,
  mlm: maskedWords,
  causal: {
    pipelineTag: "text-generation",
    does: "tells the next word of a text, and is there to be fine-tuned",
    libbert: embedding,
    transformers: withPipeline("text-generation", '"a gripping", max_new_tokens=20'),
  },
};

/** The card of what a run came to. */
export function cardOfRun(
  { settings, phases, corpora, computation, pretrainer }: Run,
  metrics: PretrainMetrics | null,
): ModelCard {
  const { languages, license, datasetName, continueFrom } = settings;
  const { phases: ofPhases, continueFrom: _, ...ofRun } = computation;
  return {
    use: PRETRAINED_USES[pretrainer.objective],
    architecture: pretrainer.architecture,
    isSentenceModel: false,
    base: continueFrom === undefined ? null : baseIn(continueFrom),
    training: {
      how: "pre-trained",
      train: corpora.map(({ train }, index) => ({
        name: basename(phases[index]!.data),
        size: `${numberText(train.documents)} documents (${numberText(train.tokens)} tokens)`,
      })),
      validation: metrics && {
        name: basename(phases.at(-1)!.data),
        size: `${metrics.sequences} sequences of documents set apart`,
      },
      figures: metrics ? figuresOf(metrics) : {},
      options: { ...ofRun, ...optionsOfPhases(ofPhases) },
      remarks: [],
      terms: { languages, license, datasetName },
    },
  };
}

function figuresOf({ mlmAccuracy, nspAccuracy, perplexity }: PretrainMetrics): Record<string, number> {
  const pairs: Record<string, number> = nspAccuracy === null ? {} : { nextSentenceAccuracy: nspAccuracy };
  return { maskedAccuracy: mlmAccuracy, ...pairs, perplexity };
}

/** Of one phase under the options' own names, of several in turn; the card tells of their data elsewhere. */
function optionsOfPhases(phases: readonly Record<string, unknown>[]): Record<string, unknown> {
  const settings = phases.map(({ data: _, ...own }) => own);
  if (settings.length === 1) return settings[0]!;
  return Object.fromEntries(settings.map((own, index) => [`phases.${index}`, own]));
}
