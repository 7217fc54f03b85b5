import { comparison, type Outcome, type Quantity, type Workload } from "./workload.js";

const COLUMNS = [
  ...["workload", "unit", "libbert's dtype", "libbert", "of the matrix rate"],
  ...["peer", "peer's dtype", "peer's", "libbert is"],
];

export function tableHead(): string {
  return [row(COLUMNS), row(COLUMNS.map(() => "---"))].join("\n");
}

/** A row for each peer and quantity. @param rate floating-point operations a second of the machine's matrix products */
export function tableRows(
  workload: Workload,
  { libbert, peers }: { libbert: Outcome; peers: readonly Outcome[] },
  rate: number,
): string[] {
  return workload.quantities.flatMap((quantity) => {
    const own = figureOf(libbert, quantity);
    const ours = [workload.title, quantity, workload.libbert.dtype, shown(libbert, quantity)];
    const share = own === undefined ? "" : shareOf(workload, quantity, own / rate);
    return workload.peers.map((peer, index) => {
      const theirs = figureOf(peers[index]!, quantity);
      const both = own !== undefined && theirs !== undefined;
      const compared = both ? comparison(quantity, own, theirs) : "";
      return row([...ours, share, peer.name, peer.dtype, shown(peers[index]!, quantity), compared]);
    });
  });
}

/** The row of a workload that could not be made ready. */
export function failedRow(name: string): string {
  return row([name, "", "", "failed", ...new Array(COLUMNS.length - 4).fill("")]);
}

function figureOf(outcome: Outcome, quantity: Quantity): number | undefined {
  return "figures" in outcome ? outcome.figures[quantity] : undefined;
}

function shown(outcome: Outcome, quantity: Quantity): string {
  if ("without" in outcome) return `not run: no ${outcome.without}`;
  if ("failure" in outcome) return "failed";
  const figure = outcome.figures[quantity]!;
  return figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3);
}

function shareOf({ flops }: Workload, quantity: Quantity, perFlop: number): string {
  return flops?.quantity === quantity ? `${(100 * flops.each * perFlop).toFixed(0)} %` : "";
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
