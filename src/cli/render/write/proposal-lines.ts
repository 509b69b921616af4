import type { RequestText } from '../../../model/operation/proposal-text.js';
import type { WriteOutcome } from '../../../store/outbox/outcomes.js';
import type { Screen } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';

/** Describes where a write was proposed, for people; empty if it was not. */
export function proposalLines({ proposal }: Pick<WriteOutcome, 'proposal'>, screen: Screen): string[] {
  if (!proposal) return [];
  const { style } = screen;
  const { url, branch, request } = proposal;
  return [
    `  ${style('cyan', '→')} ${oneLine(url ?? branch)}${url === null ? '' : style('dim', `  ${oneLine(branch)}`)}`,
    ...(request ? requestLines(request, screen) : []),
  ];
}

/** Formats the text with which the user can open a merge request by hand. */
function requestLines({ title, body }: RequestText, { style }: Screen): string[] {
  return ['', style('bold', oneLine(title)), '', ...body.split('\n').map(oneLine)];
}
