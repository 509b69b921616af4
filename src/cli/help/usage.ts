/** What of a command its one-line usage is made from. */
export interface UsageParts {
  readonly id: string;
  readonly usage?: string | readonly string[] | undefined;
  readonly args: Readonly<Record<string, { readonly name: string; readonly required?: boolean | undefined }>>;
}

/** `kgit get [PATH] [FLAGS]`: the words of a command on one line, as the command says them, else from its arguments. */
export function usageLine({ id, usage, args }: UsageParts): string {
  const words = Object.values(args).map(({ name, required }) =>
    required === true ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return `kgit ${usage ?? [id, ...words, '[FLAGS]'].join(' ')}`;
}
