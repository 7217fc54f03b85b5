import { modelFolder } from "../hub/model-folder.js";
import type { HubCall, HubOptions } from "../hub/options.js";
import { withListener } from "../options/listener.js";

/**
 * Settings with the folder of their model, which may be given by its name on the Hub, and without what is needed to find it:
 * the token above all goes no further.
 *
 * @throws what `modelFolder` throws, or what the listener threw
 */
export async function withFoundModel<Settings extends HubOptions & { model: string }>(
  settings: Settings,
  call: HubCall,
): Promise<Omit<Settings, keyof HubOptions>> {
  const { revision, token, cacheDir, localFilesOnly, ...others } = settings;
  const options = { revision, token, cacheDir, localFilesOnly };
  const model = await withListener(call, (how) => modelFolder(settings.model, options, how));
  return { ...others, model };
}
