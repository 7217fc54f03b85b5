import { requireAlone } from "../distributed/membership.js";
import { expected } from "../errors.js";
import { modelFolder } from "../hub/model-folder.js";
import type { DownloadEvent, HubOptions } from "../hub/options.js";
import { transferLine } from "../hub/transfer-line.js";
import { type InspectionSettings, inspectionOptions } from "../inspection/options.js";
import type { Inspection, InspectionEvent } from "../inspection/report.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { withListener } from "../options/listener.js";
import { type Logger, loggerOption, withLogger } from "../options/logger.js";
import { parseOptions } from "../options/parse-options.js";
import { extendUnion, type OptionsUnion } from "../options/schema.js";
import type { TaskName } from "../tasks/find-spec.js";
import { counted } from "../text-format.js";
import { requestOnce } from "./compute-session.js";
import { existingModel } from "./found-files.js";
import { foundRows } from "./found-rows.js";
import type { InspectionOptionsByTask } from "./option-types.js";

/** What `inspectData()` is called with. */
export const inspectionCall: OptionsUnion = extendUnion(inspectionOptions, {
  signal: signalOption,
  onProgress: onProgressOption<InspectionEvent>("InspectionEvent"),
  logger: loggerOption,
});

type Checked = InspectionSettings &
  HubOptions & { signal?: AbortSignal; onProgress?: (event: InspectionEvent) => void; logger?: Logger };

/**
 * Looks through rows before a model trains on them: what their columns hold, how often labels come, how long texts are, and
 * what should be looked at, such as rows that cannot be read, texts that come twice or stand in both of two sources, and texts that were
 * decoded wrongly. Rows that training would refuse are counted, and passed over. With `findLabelErrors` it also trains models, to which
 * labels look right or wrong.
 *
 * ```ts
 * const { findings } = await inspectData({ task: "classification", data: "train.tsv", against: "dev.tsv" });
 * for (const { what, count, examples } of findings) console.log(count, what, examples[0]?.location);
 * ```
 *
 * @throws LibbertError ERR_DATA for a source that cannot be read at all; ERR_OPTION, ERR_CHECKPOINT
 */
export async function inspectData<Task extends TaskName>(
  options: InspectionOptionsByTask[Task] & { task: Task },
): Promise<Inspection> {
  requireAlone("inspectData()");
  const checked = parseOptions(inspectionCall, options) as object as Checked;
  const { signal, onProgress: _, logger: _logger, ...given } = checked;
  return withLogger(checked, lineOf, async (onProgress) => {
    const call = { signal, onProgress };
    const { data, against, ...settings } = await withListener(call, (how) => withFound(given, how));
    return requestOnce(
      "inspectData",
      (toWire) => ({
        ...settings,
        data: toWire(data, "data"),
        ...(against !== undefined && { against: toWire(against, "against") }),
      }),
      call,
    );
  });
}

function lineOf(event: InspectionEvent): string {
  if (event.type === "notice") return event.message;
  if (event.type === "inspected") return `${event.of}: ${counted(event.rows, "row")} read`;
  if (event.type === "fold") return `model ${event.fold} of ${event.folds} is trained to judge labels`;
  return transferLine(event);
}

/** The settings with paths for all that names or patterns stand for. */
async function withFound(
  settings: InspectionSettings & HubOptions,
  call: { signal?: AbortSignal; onProgress?: (event: DownloadEvent) => void },
): Promise<InspectionSettings> {
  const { revision, token, cacheDir, localFilesOnly, ...others } = settings;
  const { model, data, against } = settings;
  const hub = { token, cacheDir, localFilesOnly };
  if (model === undefined && revision !== undefined)
    throw expected("no value without model", "revision", revision);
  return {
    ...others,
    ...(model !== undefined && {
      model: existingModel(await modelFolder(model, { revision, ...hub }, call)),
    }),
    data: await foundRows(data, { option: "data", hub, call }),
    ...(against !== undefined && { against: await foundRows(against, { option: "against", hub, call }) }),
  };
}
