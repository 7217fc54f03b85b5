/**
 * One rank that joins with some facts and, once the group is there, does something else than the others.
 *
 *     node join-rank.js '{"facts": {…}, "timeoutSeconds": 2, "act": "leave" | "die" | "hang" | "throw"}'
 */
import { ProcessGroup } from "../../lib/distributed/group.js";
import { membershipOf } from "../../lib/distributed/membership.js";
import { LibbertError } from "../../lib/errors.js";
import { zeros } from "../../lib/tensor/create.js";

const { facts, timeoutSeconds, act } = JSON.parse(process.argv[2]!);
try {
  const group = await ProcessGroup.join(membershipOf()!, { timeoutSeconds }, facts);
  if (act === "die") process.kill(process.pid, "SIGKILL");
  if (act === "hang") process.kill(process.pid, "SIGSTOP");
  try {
    if (act === "throw") throw new Error("the disk is full");
    if (act !== "leave") group.allReduce(zeros([1000]));
    group.barrier();
  } catch (error) {
    group.fail(error);
    throw error;
  } finally {
    group.leave();
  }
} catch (error) {
  const code = error instanceof LibbertError ? error.code : "no code";
  console.error(`${code}: ${(error as Error).message}`);
  process.exitCode = 1;
}
