import type { DownloadEvent } from "../../hub/options.js";
import { barOrQuarters, type ProgressDisplay } from "./progress-bar.js";

/** Shows on standard error what is fetched: on a terminal a bar for one file after the other, elsewhere lines. */
export function downloadProgress(): (event: DownloadEvent) => void {
  let display: ProgressDisplay | undefined;
  let shown: string | undefined; // the file that the display is of
  return ({ file, loaded, total }) => {
    if (file !== shown) {
      display?.clear();
      display = barOrQuarters(`${file} [{bar}] {percentage}%`, {
        lineOf: (percent) => `  ${percent} % of ${file} fetched`,
      });
      shown = file;
    }
    display!.show({ done: loaded, total });
    if (loaded === total) display!.clear();
  };
}
