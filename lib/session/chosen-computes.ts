import { requestOnce } from "./compute-session.js";
import type { AskedCompute, ChosenCompute } from "./protocol.js";

/** Of several runs, by what they ask for. */
export type ChosenComputes = (asked: AskedCompute) => ChosenCompute;

/**
 * What the options of several runs come to on this machine; a thread is asked once for all of them.
 *
 * @throws ERR_OPTION for a device that the machine does not have
 */
export async function chosenComputes(
  runs: readonly AskedCompute[],
  signal: AbortSignal | undefined,
): Promise<ChosenComputes> {
  const keyOf = ({ device, dtype, threads }: AskedCompute) => JSON.stringify([device, dtype, threads]);
  const asked = new Map(
    runs.map(({ device, dtype, threads }) => {
      const settings = { device, dtype, threads };
      return [keyOf(settings), settings];
    }),
  );
  const answers = await requestOnce("chooseComputes", () => [...asked.values()], { signal });
  const chosen = new Map([...asked.keys()].map((key, index) => [key, answers[index]!]));
  return (settings) => chosen.get(keyOf(settings))!;
}
