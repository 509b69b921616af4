import type { WriteOutcome } from '../store/outcomes.js';
import type { Screen } from './output.js';
import { oneLine } from './terminal-text.js';

/** Where a write was proposed, for people; none where it was not. */
export function proposalLines({ proposal }: Pick<WriteOutcome, 'proposal'>, { style }: Screen): string[] {
  if (!proposal) return [];
  const { url, branch } = proposal;
  return [
    `  ${style('cyan', '→')} ${oneLine(url ?? branch)}${url === null ? '' : style('dim', `  ${oneLine(branch)}`)}`,
  ];
}
