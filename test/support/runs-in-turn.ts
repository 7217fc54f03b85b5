/** For scripts that `runRanksInTurn` starts. */

/**
 * Makes the runs that a test gave this rank, each at its port, and prints a line of JSON for each: what it came to, or
 * the code and message of its error.
 */
export async function makeRunsInTurn<Options>(make: (options: Options) => Promise<unknown>): Promise<void> {
  for (const { port, options } of JSON.parse(process.argv[2]!) as { port: number; options: Options }[]) {
    process.env.MASTER_PORT = String(port);
    const outcome = await make(options).catch(({ code, message }) => ({ code, message }));
    console.log(JSON.stringify(outcome));
  }
}
