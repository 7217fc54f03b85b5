/** Writes something that a run can do without: the disk's error, if it has one. @throws any other error */
export async function diskProblemOf(write: () => Promise<void> | void): Promise<Error | null> {
  try {
    await write();
    return null;
  } catch (error) {
    if (isOfDisk(error)) return error;
    throw error;
  }
}

function isOfDisk(error: unknown): error is Error {
  return error instanceof Error && ("syscall" in error || isOfDisk(error.cause));
}
