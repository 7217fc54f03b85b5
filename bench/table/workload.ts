/** What is measured, by its unit. */
export type Quantity = "sequences/s" | "tokens/s" | "sentences/s" | "ms" | "peak MiB";

export type Figures = Partial<Record<Quantity, number>>;

/** A program that does the workload, in a type of numbers. */
export interface Program {
  name: string;
  dtype: string;
  measure(): Promise<Figures>;
}

/** One that needs something that was not given. */
export interface AbsentProgram extends Omit<Program, "measure"> {
  /** The options that are missing. */
  without: string;
}

/** What libbert and its peers do on this machine in turn. */
export interface Workload {
  title: string;
  /** A row for each, and for each peer. */
  quantities: readonly Quantity[];
  libbert: Program;
  peers: (Program | AbsentProgram)[];
  /** Floating-point operations that one token, or one sequence, of a training needs. */
  flops?: { quantity: Quantity; each: number };
}

/** A workload that is not ready yet. */
export interface WorkloadEntry {
  /** For --rows. */
  name: string;
  /** @param folder an empty one, which goes afterwards */
  prepare(folder: string): Promise<Workload>;
}

/** What a program came to. */
export type Outcome = { figures: Figures } | { without: string } | { failure: unknown };

/** What libbert's figure means beside a peer's, in words. */
export function comparison(quantity: Quantity, own: number, peer: number): string {
  if (quantity === "peak MiB") return `${(own / peer).toFixed(2)}x the memory`;
  const times = quantity === "ms" ? peer / own : own / peer;
  return `${times.toFixed(2)}x as fast`;
}
