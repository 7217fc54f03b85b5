import { barOrQuarters, type ProgressDisplay } from "./progress-bar.js";

/** How much of a file is there. */
interface Transfer {
  file: string;
  loaded: number;
  total: number;
}

/** Shows on standard error what is fetched. */
export function downloadProgress(): (event: Transfer) => void {
  return fileProgress("fetched");
}

/** Shows on standard error what is sent. */
export function uploadProgress(): (event: Transfer) => void {
  return fileProgress("sent");
}

/** On a terminal a bar for one file after the other, elsewhere lines. */
function fileProgress(done: string): (event: Transfer) => void {
  let display: ProgressDisplay | undefined;
  let shown: string | undefined; // the file that the display is of
  return ({ file, loaded, total }) => {
    if (file !== shown) {
      display?.clear();
      display = barOrQuarters(`${file} [{bar}] {percentage}%`, {
        lineOf: (percent) => `  ${percent} % of ${file} ${done}`,
      });
      shown = file;
    }
    display!.show({ done: loaded, total });
    if (loaded === total) display!.clear();
  };
}
