import type { ResolvedProposal } from '../../../app/propose/resolve-proposal.js';
import type { CommandResult } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { proposalLines } from './proposal-lines.js';

/** Builds the result of `kgit resolve`. @param name the user's name for the state branch */
export function resolveResult(resolved: ResolvedProposal, name: string): CommandResult {
  const { branch, revision, isMerged, files, attempts, proposal } = resolved;
  const { url, number, request } = proposal;
  return {
    json: {
      branch,
      revision,
      delivery: isMerged ? 'proposed' : 'unchanged',
      attempts,
      merged: files,
      url,
      number,
      ...(request ? { request } : {}),
    },
    names: [branch],
    rows: files.map((file) => ({ file })),
    lines: (screen) => [
      isMerged
        ? `${screen.style('green', '✓')} ${oneLine(branch)} merged with ${oneLine(name)} ${screen.style('dim', revision.slice(0, 10))}`
        : screen.style('dim', `${oneLine(branch)} has nothing to merge`),
      ...files.map((file) => `  ${screen.style('dim', 'path by path:')} ${oneLine(file)}`),
      ...proposalLines({ proposal }, screen),
    ],
  };
}
