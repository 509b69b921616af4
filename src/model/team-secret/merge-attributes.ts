/** How git merges the files of secrets in a checkout: lines of `.gitattributes`, as `templates/state-repo/gitattributes` has them. */
export const ATTRIBUTES_FILE = '.gitattributes';
const LINES = [
  '/deployments/*/secrets/*.sops.yaml merge=kgit-state',
  '/clusters/**/secrets/*.sops.yaml merge=kgit-state',
  '/.sops.yaml merge=kgit-state',
];
const COMMENT =
  '# An encrypted file cannot be merged by lines: a secret that two sides changed is a conflict.';

/** The text of `.gitattributes` with the lines that it lacks; null if it lacks none. */
export function withMergeAttributes(text: string): string | null {
  const known = text.split('\n').map((line) => line.trim());
  const lacking = LINES.filter((line) => !known.includes(line));
  if (lacking.length === 0) return null;
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${end}${[COMMENT, ...lacking].join('\n')}\n`;
}
