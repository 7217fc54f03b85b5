import { z } from "zod";
import { isSealed } from "../card/seal.js";
import { LibbertError } from "../errors.js";
import { isInside } from "../files/inside.js";
import { readSettled } from "../files/settled-directory.js";
import { hubOf } from "../hub/environment.js";
import { isCommit } from "../hub/listing.js";
import type { UploadEvent } from "../hub/push/push.js";
import { type PushedModel, pushModel } from "../hub/push/push-model.js";
import { isRepositoryName } from "../hub/repository-name.js";
import { transferLine } from "../hub/transfer-line.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { hubOptions } from "../options/hub-options.js";
import { withListener } from "../options/listener.js";
import { loggerOption, withLogger } from "../options/logger.js";
import { optionMeta } from "../options/option.js";
import { parseOptions } from "../options/parse-options.js";
import { pathField } from "../options/path-option.js";
import type { PushOptions } from "./option-types.js";

/** Options of `push()` and of `libbert push`. */
export const pushOptions = z.strictObject({
  model: pathField().describe("folder of the model").register(optionMeta, { isPath: true }),
  repository: z
    .string()
    .refine((name) => isRepositoryName(name) && name.includes("/"), "a name such as organisation/model")
    .describe("name on the Hub, with the user or the organisation; it is made where there is none"),
  private: z
    .boolean()
    .optional()
    .describe("make the repository a private one; one that everybody may read is refused")
    .register(optionMeta, { defaultText: "as the Hub makes repositories, or as it is" }),
  revision: z
    .string()
    .refine((name) => isInside(name) && !isCommit(name), "a branch")
    .default("main")
    .describe("branch to commit to; it is made where there is none"),
  message: z.string().min(1).default("Upload the model with libbert").describe("what the commit says"),
  token: hubOptions.token,
});

/** What `push()` is called with. */
export const pushCall = pushOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<UploadEvent>("UploadEvent"),
  logger: loggerOption,
});

/**
 * Brings a saved model to the Hugging Face Hub, in one commit: its files that the Hub does not have as they are, and the card.
 *
 * ```ts
 * const { url } = await push({ model: "runs/films", repository: "organisation/films", private: true });
 * ```
 *
 * @throws LibbertError ERR_OPTION for a token or a repository that the Hub does not take; ERR_CHECKPOINT for a folder without a
 *   model; ERR_RUNTIME for a connection that fails; the signal's reason
 */
export async function push(options: PushOptions): Promise<PushedModel> {
  const call = parseOptions(pushCall, options);
  return withLogger(call, transferLine, (onProgress) => pushTo({ ...call, onProgress }));
}

async function pushTo(call: z.output<typeof pushCall>): Promise<PushedModel> {
  const { model, repository, revision, message, token, signal, onProgress, ...settings } = call;
  const hub = hubOf({ token });
  if (hub.isOffline) throw offline();
  const wanted = {
    kind: "model",
    name: repository,
    revision,
    option: "repository",
    revisionOption: "revision",
  } as const;
  const about = { wanted, hub, isPrivate: settings.private, message };
  return withListener({ signal, onProgress }, async (call) => {
    await readSettled(model, async () => {}); // a change that a crash stopped is completed
    return pushModel(model, { ...about, call }, isSealed);
  });
}

function offline(): LibbertError {
  return new LibbertError("ERR_RUNTIME", "Expected a connection to the Hub but HF_HUB_OFFLINE forbids one");
}
