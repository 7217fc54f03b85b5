import { isObject } from "../../is-object.js";
import { facts, type Section, table, userText } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf, dateText, durationText, gibibytes } from "../numbers.js";
import type { Origin } from "../read/lines.js";
import type { TrainingRun } from "../read/training-run.js";

/** The rows or documents, and the model that a run began with. */
export function dataSection({ origin, starts, metrics }: TrainingRun): Section | null {
  const start = starts.at(-1);
  const counts = [
    ["Training rows", start?.rows],
    ["Validation rows", metrics?.rows],
    ["Parameters", start?.parameters],
    ["Documents", start?.documents],
    ["Tokens", start?.tokens],
  ] as const;
  const known = counts.flatMap(([name, value]) =>
    typeof value === "number" ? [[name, dataOf(value)] as const] : [],
  );
  const files = origin === null ? [] : filesOf(origin);
  if (known.length === 0 && files.length === 0) return null;
  return {
    id: "data",
    title: "Data and model",
    content: [
      facts(known),
      files.length > 0 &&
        table({
          caption: "Files, with the SHA-256 of what they held when the run began",
          head: ["for", "file", "SHA-256"],
          rows: files,
          textColumns: [0, 1, 2],
        }),
    ],
  };
}

function filesOf({ model, data }: Origin): Content[][] {
  const row = (what: string, path: string, sha256: string | null | undefined): Content[] => [
    what,
    userText(path),
    html`<code class="hash">${sha256 ?? "–"}</code>`,
  ];
  return [
    ...Object.entries(model?.sha256 ?? {}).map(([name, sha256]) =>
      row("model", `${model!.path}/${name}`, sha256),
    ),
    ...(data?.train ?? []).map(({ path, sha256 }) => row("training", path, sha256)),
    ...(data?.validation ?? []).map(({ path, sha256 }) => row("validation", path, sha256)),
  ];
}

/** Where a run was computed, when, and with what. */
export function environmentSection({ origin, result, starts }: TrainingRun): Section | null {
  if (origin === null) return null;
  const { compute, versions, machine, started } = origin;
  const threads = isObject(compute) && typeof compute.threads === "number" ? compute.threads : null;
  return {
    id: "environment",
    title: "Environment",
    content: [
      facts([
        ["Started", dateText(started)],
        ...(result
          ? ([
              ["Ended", dateText(result.ended)],
              ["Took", durationText(result.seconds)],
            ] as const)
          : []),
        ["Device", `${compute.device}, ${compute.dtype}`],
        ["Because", compute.reason],
        ...(threads === null ? [] : ([["Threads", dataOf(threads)]] as const)),
        [
          "Processor",
          `${machine.cpu}, ${machine.cores} cores, ${gibibytes(machine.memoryBytes).toFixed(1)} GiB`,
        ],
        ...(result?.peakMemoryBytes
          ? ([["Most memory of the process", `${gibibytes(result.peakMemoryBytes).toFixed(2)} GiB`]] as const)
          : []),
        ["Host", machine.host],
        ...Object.entries(versions),
      ]),
      resumptions(starts),
    ],
  };
}

/** What a run that was interrupted went on with. */
function resumptions(starts: TrainingRun["starts"]): Content {
  const resumed = starts.filter(({ firstStep }) => firstStep > 0);
  if (resumed.length === 0) return null;
  return table({
    caption: "The run was interrupted, and went on",
    head: ["after update", "at", "on"],
    rows: resumed.map(({ firstStep, started, machine }) => [
      dataOf(firstStep),
      started === undefined ? "–" : dateText(started),
      machine?.host ?? "–",
    ]),
    textColumns: [0, 1, 2],
  });
}
