import { SingleBar } from "cli-progress";

/** How far something is. */
export interface Progress {
  done: number;
  total: number;
  /** What else there is to say of it. */
  figures?: string;
}

/** Shows progress on standard error. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Makes room for a line of text, and ends the display. */
  clear(): void;
}

/**
 * A bar on a terminal, as long as the window leaves room for; it disappears when it is done.
 *
 * @param format as cli-progress has it, with `{figures}`
 * @param beside the columns that the rest of the line takes
 */
export function progressBar(format: string, beside = format.length): ProgressDisplay {
  const barsize = Math.min(40, Math.max(5, (process.stderr.columns || 80) - beside));
  const bar = new SingleBar({ format, barsize, hideCursor: true, clearOnComplete: true });
  return {
    show({ done, total, figures }) {
      if (bar.isActive) bar.update(done, { figures });
      else bar.start(total, done, { figures });
    },
    clear: () => bar.stop(),
  };
}

/** What is written where there is no terminal. */
export interface QuarterLines {
  lineOf(percent: number, figures?: string): string;
  /** Whether the beginning, too, has a line. Default: false */
  fromZero?: boolean;
}

/** A bar on a terminal, elsewhere a line for every quarter. */
export function barOrQuarters(format: string, lines: QuarterLines): ProgressDisplay {
  return process.stderr.isTTY ? progressBar(format) : quarterLines(lines);
}

function quarterLines({ lineOf, fromZero = false }: QuarterLines): ProgressDisplay {
  let shown = fromZero ? -1 : 0;
  return {
    show({ done, total, figures }) {
      const quarters = Math.floor((4 * done) / total);
      if (quarters <= shown) return;
      shown = quarters;
      console.error(lineOf(quarters * 25, figures));
    },
    clear: () => {},
  };
}
