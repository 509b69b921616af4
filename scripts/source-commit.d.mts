export function sourceCommit(root: string): string | undefined;
export function sourceDate(root: string): number | undefined;
