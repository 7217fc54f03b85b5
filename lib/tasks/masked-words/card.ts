import type { CardUse } from "../../card/card.js";
import { predicting, withPipeline } from "../../card/programs.js";

export const maskedWordsCard: CardUse = {
  pipelineTag: "fill-mask",
  does: "tells which words a masked one may be",
  libbert: predicting("masked-words", '"a [MASK] film"'),
  transformers: withPipeline("fill-mask", 'f"a {predict.tokenizer.mask_token} film"'),
};
