import { openCheckpoint } from "./checkpoint.js";
import { chooseCompute } from "./compute.js";
import type { FillMaskSettings } from "./fill-mask-options.js";
import { MaskedWordsModel } from "./masked-words/model.js";
import type { MaskPrediction } from "./masked-words/prediction.js";

/** The likeliest tokens for every `[MASK]` of every text, by whatever model has a masked-word head. */
export async function fillMask(settings: FillMaskSettings): Promise<MaskPrediction[][][]> {
  const { model: directory, texts, topK, device, dtype } = settings;
  const model = MaskedWordsModel.load(await openCheckpoint(directory), chooseCompute(device, dtype));
  try {
    return await model.predict(texts, { topK });
  } finally {
    model.dispose();
  }
}
