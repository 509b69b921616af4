import { type ErrorCode, EXIT_CODES } from '../../errors.js';

/**
 * Builds the description of a command: what it does, then its exit codes.
 * @param base the base class, with the codes, besides 0, that any of its commands may return
 * @param own the codes that this command adds
 */
export function helpText(
  base: { readonly exits: readonly ErrorCode[] },
  text: string,
  ...own: readonly ErrorCode[]
): string {
  const codes = [...new Set([...base.exits, ...own])].sort((a, b) => EXIT_CODES[a] - EXIT_CODES[b]);
  return `${text}\n\nExit codes: ${['0', ...codes.map((code) => `${EXIT_CODES[code]} ${code}`)].join(', ')}.`;
}
