import { expected } from "../errors.js";

/** A process's place among those that work on one run together. */
export interface Membership {
  /** From 0; rank 0 speaks for all. */
  rank: number;
  /** How many processes there are. */
  size: number;
  /** The process's number on its own machine; it computes on the GPU of that number. */
  localRank: number;
  /** Where the ranks meet: the machine of rank 0, and a port there. */
  host: string;
  port: number;
  /** Whether rank 0 serves the rendezvous; else the launcher does, as torchrun's agent. */
  isServedByRank0: boolean;
  /** How often the launcher has started the run anew. */
  attempt: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the launcher tells in the environment: torchrun, Kubernetes' training operator and `libbert launch` with RANK,
 * WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT; Slurm's srun with variables of its own.
 *
 * @returns null for a process on its own
 * @throws ERR_OPTION naming the variable that is missing or wrong
 */
export function membershipOf(environment: Environment = process.env): Membership | null {
  const isStarted = environment.WORLD_SIZE !== undefined || environment.RANK !== undefined;
  const variables = isStarted ? environment : slurmVariables(environment);
  if (variables === null) return null;
  const size = integer(variables, "WORLD_SIZE", 1);
  const rank = integer(variables, "RANK", 0, size - 1);
  if (size === 1) return null;
  return {
    rank,
    size,
    localRank: variables.LOCAL_RANK === undefined ? rank : integer(variables, "LOCAL_RANK", 0),
    host: hostOf(variables),
    port: integer(variables, "MASTER_PORT", 1, 65535),
    isServedByRank0: variables.TORCHELASTIC_USE_AGENT_STORE !== "True",
    attempt: Number(variables.TORCHELASTIC_RESTART_COUNT ?? 0),
  };
}

/** @throws ERR_OPTION where a launcher started several processes for what only one can do */
export function requireAlone(what: string): void {
  const membership = membershipOf();
  if (membership !== null) throw expected(`one process, as for ${what},`, "WORLD_SIZE", membership.size);
}

/** Ports that Slurm jobs take by default, by their number: two on one machine seldom meet. */
const FIRST_SLURM_PORT = 20_000;
const SLURM_PORTS = 10_000;

/** srun's variables under torchrun's names. A batch script itself has no step: it is a process on its own. */
function slurmVariables(environment: Environment): Environment | null {
  const { SLURM_STEP_ID, SLURM_STEP_NUM_TASKS, SLURM_PROCID, SLURM_LOCALID } = environment;
  if (SLURM_STEP_ID === undefined || SLURM_STEP_NUM_TASKS === undefined) return null;
  return {
    ...environment,
    WORLD_SIZE: SLURM_STEP_NUM_TASKS,
    RANK: SLURM_PROCID,
    LOCAL_RANK: SLURM_LOCALID,
    MASTER_ADDR: environment.MASTER_ADDR ?? firstHost(environment.SLURM_STEP_NODELIST),
    MASTER_PORT:
      environment.MASTER_PORT ??
      String(FIRST_SLURM_PORT + (Number(environment.SLURM_JOB_ID ?? 0) % SLURM_PORTS)),
  };
}

/** `gpu[03-07,12],big1` → `gpu03` */
export function firstHost(nodes: string | undefined): string | undefined {
  const [, name, number = ""] = /^([^,[]+)(?:\[(\d+))?/.exec(nodes ?? "") ?? [];
  return name === undefined ? undefined : name + number;
}

function hostOf({ MASTER_ADDR }: Environment): string {
  if (!MASTER_ADDR) throw expected("the machine of rank 0", "MASTER_ADDR", MASTER_ADDR);
  return MASTER_ADDR;
}

function integer(
  variables: Environment,
  name: string,
  least: number,
  most = Number.POSITIVE_INFINITY,
): number {
  const text = variables[name];
  const value = Number(text);
  if (text && Number.isInteger(value) && value >= least && value <= most) return value;
  const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`;
  throw expected(`an integer ${range}`, name, text);
}
