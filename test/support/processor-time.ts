/** Starts a clock of the processor: what it gives are the seconds that this process has computed since, whoever else was computing. */
export function processorClock(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
}
