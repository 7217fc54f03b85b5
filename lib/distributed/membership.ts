import { isIPv6 } from "node:net";
import { expected } from "../errors.js";

/** A process's place among those that work on one run together. */
export interface Membership {
  /** From 0; rank 0 speaks for all. */
  rank: number;
  /** How many processes there are. */
  size: number;
  /** The process's number on its own machine; it computes on the GPU of that number. */
  localRank: number;
  /** The machine of rank 0, where the ranks meet: a name or an address. */
  host: string;
  /** The port there, of TCP, from 1 to 65535. */
  port: number;
  /** Whether rank 0 serves the rendezvous; else the launcher does, as torchrun's agent. */
  isServedByRank0: boolean;
  /** How often the launcher has started the run anew. */
  attempt: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a launcher calls the variables that say the same. */
interface Names {
  size: string;
  rank: string;
  localRank: string;
  localSize?: string;
}

const TORCHRUN: Names = {
  size: "WORLD_SIZE",
  rank: "RANK",
  localRank: "LOCAL_RANK",
  localSize: "LOCAL_WORLD_SIZE",
};

const SLURM: Names = {
  size: "SLURM_STEP_NUM_TASKS",
  rank: "SLURM_PROCID",
  localRank: "SLURM_LOCALID",
};

const MOST_PROCESSES = 100_000;

/**
 * What the launcher tells in the environment: torchrun, Kubernetes' training operator and `libbert launch` with RANK,
 * WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT; Slurm's srun with variables of its own.
 *
 * @returns null for a process on its own
 * @throws ERR_OPTION naming the variable that is missing or wrong
 */
export function membershipOf(environment: Environment = process.env): Membership | null {
  const isStarted = environment.WORLD_SIZE !== undefined || environment.RANK !== undefined;
  if (isStarted) return memberOf(environment, TORCHRUN);
  // A batch script of Slurm itself has no step: it is a process on its own.
  const { SLURM_STEP_ID, SLURM_STEP_NUM_TASKS } = environment;
  if (SLURM_STEP_ID === undefined || SLURM_STEP_NUM_TASKS === undefined) return null;
  return memberOf({ ...environment, ...slurmEndpoint(environment) }, SLURM);
}

function memberOf(variables: Environment, names: Names): Membership | null {
  const size = integer(variables, names.size, 1, MOST_PROCESSES);
  const rank = integer(variables, names.rank, 0, size - 1);
  if (size === 1) return null;
  const { TORCHELASTIC_RESTART_COUNT, TORCHELASTIC_USE_AGENT_STORE } = variables;
  return {
    rank,
    size,
    localRank: localRankOf(variables, names, { rank, size }),
    host: hostOf(variables),
    port: integer(variables, "MASTER_PORT", 1, 65535),
    isServedByRank0: TORCHELASTIC_USE_AGENT_STORE !== "True",
    attempt:
      TORCHELASTIC_RESTART_COUNT === undefined ? 0 : integer(variables, "TORCHELASTIC_RESTART_COUNT", 0),
  };
}

/** Without a variable for it, all processes are taken to be on one machine. */
function localRankOf(
  variables: Environment,
  { localRank, localSize }: Names,
  { rank, size }: { rank: number; size: number },
): number {
  if (variables[localRank] === undefined) return rank;
  const isCounted = localSize !== undefined && variables[localSize] !== undefined;
  const onMachine = isCounted ? integer(variables, localSize, 1, size) : size;
  return integer(variables, localRank, 0, onMachine - 1);
}

/** @throws ERR_OPTION where a launcher started several processes for what only one can do */
export function requireAlone(what: string): void {
  const membership = membershipOf();
  if (membership !== null) throw expected(`one process, as for ${what},`, "WORLD_SIZE", membership.size);
}

/** Ports that Slurm jobs take by default, by their number: two on one machine seldom meet. */
const FIRST_SLURM_PORT = 20_000;
const SLURM_PORTS = 10_000;

/** Where the ranks of a step of Slurm meet, unless the script says it: on the step's first machine. */
function slurmEndpoint({ MASTER_ADDR, MASTER_PORT, ...environment }: Environment): Environment {
  const jobId = environment.SLURM_JOB_ID === undefined ? 0 : integer(environment, "SLURM_JOB_ID", 0);
  return {
    MASTER_ADDR: MASTER_ADDR ?? firstHost(environment.SLURM_STEP_NODELIST),
    MASTER_PORT: MASTER_PORT ?? String(FIRST_SLURM_PORT + (jobId % SLURM_PORTS)),
  };
}

/** `gpu[03-07,12],big1` → `gpu03` */
export function firstHost(nodes: string | undefined): string | undefined {
  const [, name, number = ""] = /^([^,[]+)(?:\[(\d+))?/.exec(nodes ?? "") ?? [];
  return name === undefined ? undefined : name + number;
}

function hostOf({ MASTER_ADDR }: Environment): string {
  const isOne = MASTER_ADDR?.includes(":") ? isIPv6(MASTER_ADDR) : /^[\w.-]+$/.test(MASTER_ADDR ?? "");
  if (isOne) return MASTER_ADDR!;
  throw expected("the machine of rank 0", "MASTER_ADDR", MASTER_ADDR);
}

function integer(
  variables: Environment,
  name: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const text = variables[name];
  const value = /^\d+$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  throw expected(`an integer ${range}`, name, text);
}
