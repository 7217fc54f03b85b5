import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../../errors.js";
import { shown } from "../../net/address.js";
import { download } from "../../net/download.js";
import { persistently } from "../../net/persistently.js";
import { NotThere } from "../../net/request.js";
import { partialWheel } from "./partial-wheels.js";
import { type Platform, thisPlatform } from "./platform.js";
import { parseRequirement, type Requirement, requirementsOf } from "./requirement.js";
import { filesOf, type IndexedFile } from "./simple-index.js";
import { unpack } from "./unpack.js";
import { meets } from "./version.js";
import { compareWheels, fits, parseWheelName, type WheelName } from "./wheel-name.js";

/** Where wheels come from and go to. */
export interface Installation {
  indexes: readonly URL[];
  /** The folder that they are unpacked into. */
  site: string;
  /** Which of their files are kept; METADATA always is. */
  isWanted: (member: string) => boolean;
  log: (line: string) => void;
  /** Is told the share of a wheel that is there, from 0 to 1. */
  onProgress: (done: number) => void;
}

/** A wheel in an index. */
type Wheel = WheelName & IndexedFile;

/**
 * Installs the first of these requirements that an index can meet, without what it requires in turn. An index that does not
 * answer might have the first, so that the next is no substitute for it.
 * @throws LibbertError `ERR_RUNTIME`
 */
export async function installFirst(
  requirements: readonly string[],
  installation: Installation,
): Promise<void> {
  let failure: LibbertError | undefined;
  for (const text of requirements) {
    const found = await find(parseRequirement(text), installation.indexes);
    if ("wheel" in found) return void (await install(found.wheel, installation));
    failure = found.absence;
  }
  throw failure;
}

/**
 * Installs packages and what they require. The first version that is taken of a package is the one that stays, so those
 * that name versions come first.
 * @throws LibbertError `ERR_RUNTIME`
 */
export async function installAll(requirements: readonly string[], installation: Installation): Promise<void> {
  const metadata = new Map<string, string>();
  const seen = new Set<string>();
  const pending = requirements.map(parseRequirement);
  for (const next of pending) {
    const key = `${next.name}[${next.extras}]`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (!metadata.has(next.name)) {
      const found = await find(next, installation.indexes);
      if ("absence" in found) throw found.absence;
      metadata.set(next.name, await install(found.wheel, installation));
    }
    pending.push(...requirementsOf(metadata.get(next.name)!, next.extras));
  }
}

/**
 * The newest wheel that meets a requirement and runs here, or why there is none.
 * @throws LibbertError `ERR_RUNTIME` where there is none, and an index that might have it does not answer
 */
async function find(
  { name, specifier }: Requirement,
  indexes: readonly URL[],
): Promise<{ wheel: Wheel } | { absence: LibbertError }> {
  const answers = await Promise.allSettled(indexes.map((index) => persistently(() => filesOf(index, name))));
  const wheels = answers
    .flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []))
    .flatMap((file) => {
      const parsed = parseWheelName(file.file);
      return parsed?.name === name && meets(parsed.version, specifier) ? [{ ...parsed, ...file }] : [];
    });
  const here = thisPlatform();
  const [wheel] = wheels.filter((one) => fits(one, here)).sort((a, b) => compareWheels(b, a));
  if (wheel) return { wheel };
  for (const answer of answers) {
    if (answer.status === "rejected" && !(answer.reason instanceof NotThere)) throw answer.reason;
  }
  const wanted = `${name}${specifier}`;
  if (wheels.length > 0) return { absence: foreign(wanted, wheels, here) };
  const where = indexes.map(shown).join(" and ");
  return { absence: problem(`Expected ${wanted} in ${where} but received no such version`) };
}

function foreign(wanted: string, wheels: readonly Wheel[], { processor, glibc }: Platform): LibbertError {
  const platforms = [...new Set(wheels.flatMap((wheel) => wheel.platforms))].sort().join(", ");
  const here = `${processor} with ${glibc === null ? "no glibc" : `glibc ${glibc}`}`;
  return problem(`Expected a wheel of ${wanted} for ${here} but received only ${platforms}`);
}

/** Fetches and unpacks a wheel. @returns its METADATA */
async function install(
  { file, url, sha256 }: Wheel,
  { site, isWanted, log, onProgress }: Installation,
): Promise<string> {
  if (sha256 === undefined) throw problem(`Expected a SHA-256 for ${file} from its index but received none`);
  log(`Fetching ${file} from ${url.host || "this machine"}`);
  const metadata = `${file.split("-").slice(0, 2).join("-")}.dist-info/METADATA`;
  const zip = partialWheel(sha256);
  const hash = { kind: "sha256", value: sha256 } as const;
  await download({ file, url, hash }, zip, { onProgress: (loaded, total) => onProgress(loaded / total) });
  await unpack(zip, site, (member) => isWanted(member) || member === metadata);
  rmSync(zip);
  return readFileSync(join(site, metadata), "utf8");
}

function problem(message: string): LibbertError {
  return new LibbertError("ERR_RUNTIME", message);
}
