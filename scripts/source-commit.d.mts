export function sourceCommit(root: string): string | undefined;
