/**
 * libbert beside its peers on this machine, a row for each workload and peer: a table in Markdown, of which each row is
 * printed as soon as it is done. See bench/README.md.
 */
import { expected, LibbertError } from "../lib/errors.js";
import { describeLibTorch, diagnose } from "../lib/runtime/diagnose.js";
import { matrixRate } from "./matrix-rate.js";
import { describeProcessor } from "./processor.js";
import { embeddings } from "./table/embeddings.js";
import { failedRow, tableHead, tableRows } from "./table/markdown.js";
import { measureInTurn } from "./table/measure.js";
import { peerVersions } from "./table/peer-versions.js";
import { writeQuickData } from "./table/quick-data.js";
import { parseSettings, type Settings } from "./table/settings.js";
import { trainings } from "./table/trainings.js";
import type { WorkloadEntry } from "./table/workload.js";
import { inTemporaryFolder } from "./temporary-folder.js";

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2));
  await inTemporaryFolder(async (folder) => {
    const data = settings.quick ? writeQuickData(folder, settings.data, settings.sizes) : settings.data;
    const workloads = chosenWorkloads({ ...settings, data }, folder);
    const versions = peerVersions(settings);
    const rate = matrixRate("cpu", settings.dtype, settings.sizes.matrix);
    printHeading(settings, versions, rate);
    for (const workload of workloads) await printRows(workload, settings.repeats, rate);
  });
}

function chosenWorkloads(settings: Settings, folder: string): WorkloadEntry[] {
  const workloads = [...trainings(settings), ...embeddings(settings, folder)];
  const names = workloads.map(({ name }) => name);
  const { rows = names } = settings;
  const unknown = rows.find((row) => !names.includes(row));
  if (unknown !== undefined) throw expected(names.join(", "), "--rows", unknown);
  return workloads.filter(({ name }) => rows.includes(name));
}

function printHeading({ command, dtype }: Settings, versions: readonly string[], rate: number): void {
  const libtorch = describeLibTorch(diagnose().search.found!);
  const date = new Date().toISOString().slice(0, 10);
  console.log(`## libbert beside its peers, ${date}\n`);
  console.log(`${[describeProcessor(), `Node.js ${process.version}`, libtorch, ...versions].join(", ")}.\n`);
  console.log(`\`${command}\`\n`);
  console.log(`The machine's matrix rate in ${dtype}: ${(rate / 1e12).toPrecision(3)} TFLOP/s.\n`);
  console.log(tableHead());
}

/** libbert goes last: a peer that cannot run is known sooner. */
async function printRows({ name, prepare }: WorkloadEntry, repeats: number, rate: number): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const workload = await prepare(folder);
    const report = (line: string) => console.error(`${name}: ${line}`);
    const outcomes = await measureInTurn([...workload.peers, workload.libbert], repeats, report);
    const [libbert, peers] = [outcomes.at(-1)!, outcomes.slice(0, -1)];
    console.log(tableRows(workload, { libbert, peers }, rate).join("\n"));
    if (outcomes.some((outcome) => "failure" in outcome)) process.exitCode = 1;
  }).catch((error) => {
    console.error(`${name}: ${error}`);
    console.log(failedRow(name));
    process.exitCode = 1;
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof LibbertError ? error.message : error);
  process.exitCode = 1;
}
