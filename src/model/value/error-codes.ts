/** Whether a file-system call failed with one of these codes, such as ENOENT. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** Whether the system refused a call, such as one to read a file. */
export function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
