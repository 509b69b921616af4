import { EXIT_CODES } from '../../errors.js';

/** The description of a command: what it does, then the codes that it may exit with beside 0. */
export function helpText(text: string, ...codes: readonly (keyof typeof EXIT_CODES)[]): string {
  const exits = ['0', ...codes.map((code) => `${EXIT_CODES[code]} ${code}`)].join(', ');
  return `${text}\n\nExit codes: ${exits}.`;
}
