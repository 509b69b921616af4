/** The parts of a command that make up its one-line usage. */
export interface UsageParts {
  readonly id: string;
  readonly usage?: string | readonly string[] | undefined;
  readonly args: Readonly<Record<string, { readonly name: string; readonly required?: boolean | undefined }>>;
}

/**
 * Returns the one-line usage of a command, such as `kgit get [PATH] [FLAGS]`: as the command declares it, else from its
 * arguments.
 */
export function usageLine({ id, usage, args }: UsageParts): string {
  const words = Object.values(args).map(({ name, required }) =>
    required === true ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return `kgit ${usage ?? [id, ...words, '[FLAGS]'].join(' ')}`;
}
