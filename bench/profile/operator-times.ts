import { alignedColumns } from "../../lib/text-format.js";
import { productFlops } from "./product-flops.js";

/** An operator, the shapes of its tensors ("Float 32x384, 384"), calls, seconds, bytes: as the addon's profile gives them. */
export type ProfiledCalls = readonly [
  operator: string,
  shapes: string,
  calls: number,
  seconds: number,
  bytes: number,
];

interface Line {
  name: string;
  calls: number;
  seconds: number;
  bytes: number;
  flops: number;
}

/**
 * A table of the operators that took most time, the longest first, and beneath each the shapes that took most of it.
 *
 * @param operators how many of them
 * @param shapes how many of each
 */
export function operatorTimes(
  profile: readonly ProfiledCalls[],
  { operators, shapes }: { operators: number; shapes: number },
): string {
  const lines = profile.map(lineOf);
  const all = total("all operators", lines);
  const groups = [...new Set(profile.map(([operator]) => operator))].map((operator) => {
    const own = lines.filter((_, index) => profile[index]![0] === operator).sort(longestFirst);
    return { line: total(operator, own), own };
  });
  groups.sort((a, b) => longestFirst(a.line, b.line));
  const shown = groups
    .slice(0, operators)
    .flatMap(({ line, own }) => [line, ...own.slice(0, shapes).map(indented)]);
  return alignedColumns([
    ["", "share", "seconds", "calls", "ms a call", "GB/s", "GFLOP/s"],
    ...[all, ...shown].map((line) => cells(line, all.seconds)),
  ]);
}

function lineOf([operator, shapes, calls, seconds, bytes]: ProfiledCalls): Line {
  return { name: shapes, calls, seconds, bytes, flops: calls * productFlops(operator, sizesIn(shapes)) };
}

/** "Float 32x384, 384" → [[32, 384], [384]] */
function sizesIn(shapes: string): number[][] {
  const text = shapes.slice(shapes.indexOf(" ") + 1);
  return text.split(", ").map((shape) => shape.split("x").map(Number));
}

function total(name: string, lines: readonly Line[]): Line {
  const sum = (key: "calls" | "seconds" | "bytes" | "flops") => lines.reduce((so, line) => so + line[key], 0);
  return { name, calls: sum("calls"), seconds: sum("seconds"), bytes: sum("bytes"), flops: sum("flops") };
}

function longestFirst(a: Line, b: Line): number {
  return b.seconds - a.seconds;
}

function indented(line: Line): Line {
  return { ...line, name: `  ${line.name}` };
}

function cells({ name, calls, seconds, bytes, flops }: Line, allSeconds: number): string[] {
  return [
    name,
    `${((100 * seconds) / allSeconds).toFixed(1)} %`,
    seconds.toFixed(3),
    String(calls),
    ((1000 * seconds) / calls).toFixed(3),
    (bytes / seconds / 1e9).toFixed(1),
    flops > 0 ? (flops / seconds / 1e9).toFixed(0) : "",
  ];
}
